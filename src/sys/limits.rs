//! What the kernel lets this process have.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::dir::Failure;
use crate::model::{self, Bounds};

/// What holds for this process.
pub fn get(resource: model::Resource) -> Bounds {
    let limit = getrlimit(raw(resource));
    Bounds {
        soft: limit.current,
        hard: limit.maximum,
    }
}

/// Sets both; a higher hard limit takes `CAP_SYS_RESOURCE`. Nothing is allocated.
pub fn set(resource: model::Resource, bounds: Bounds) -> Result<(), Failure> {
    let limit = Rlimit {
        current: bounds.soft,
        maximum: bounds.hard,
    };
    Ok(setrlimit(raw(resource), limit)?)
}

fn raw(resource: model::Resource) -> Resource {
    match resource {
        model::Resource::As => Resource::As,
        model::Resource::Core => Resource::Core,
        model::Resource::Cpu => Resource::Cpu,
        model::Resource::Data => Resource::Data,
        model::Resource::Fsize => Resource::Fsize,
        model::Resource::Locks => Resource::Locks,
        model::Resource::Memlock => Resource::Memlock,
        model::Resource::Msgqueue => Resource::Msgqueue,
        model::Resource::Nice => Resource::Nice,
        model::Resource::Nofile => Resource::Nofile,
        model::Resource::Nproc => Resource::Nproc,
        model::Resource::Rss => Resource::Rss,
        model::Resource::Rtprio => Resource::Rtprio,
        model::Resource::Rttime => Resource::Rttime,
        model::Resource::Sigpending => Resource::Sigpending,
        model::Resource::Stack => Resource::Stack,
    }
}

/// Raises the soft limit of open descriptors to the hard one and returns what then holds.
///
/// The limit is of the whole process, and what it executes inherits it. Where raising it is
/// refused, the limit stays as it was.
pub fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let raised = if limit.current != limit.maximum && setrlimit(Resource::Nofile, wanted).is_ok() {
        wanted
    } else {
        limit
    };
    // No limit is a limit that no descriptor reaches.
    raised.current.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let raised = raise_open_files();
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
        assert_eq!(raised, limit.current.unwrap_or(u64::MAX));
    }
}
