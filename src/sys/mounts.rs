//! The mounts of our namespace, as proc_pid_mountinfo(5) lists them.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};

use rustix::io::Errno;

use super::dir::Failure;

/// The number of a mount. Numbers of mounts that are gone are given out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MountId(u32);

impl MountId {
    /// As statx(2) gives it with `STATX_MNT_ID`.
    pub(super) fn of_statx(raw: u64) -> Option<MountId> {
        u32::try_from(raw).ok().map(MountId)
    }

    /// The mount that an open descriptor is on (proc_pid_fdinfo(5), `mnt_id`). The file system
    /// itself is not asked.
    pub fn of(fd: impl AsFd) -> Result<MountId, Failure> {
        let text = std::fs::read(format!("/proc/self/fdinfo/{}", fd.as_fd().as_raw_fd()))?;
        text.split(|&byte| byte == b'\n')
            .find_map(|line| line.strip_prefix(b"mnt_id:"))
            .and_then(|value| number(value.trim_ascii()))
            .map(MountId)
            .ok_or_else(|| Errno::IO.into())
    }
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its number.
    pub id: MountId,
    /// The mount that it is mounted on.
    pub parent: MountId,
    /// Where, below our root directory.
    pub point: Vec<u8>,
    /// `ext4`, `fuse.sshfs`, …
    pub fs_type: String,
    /// The directories that an overlay is made of, as far as they are given from the root.
    pub layers: Vec<Vec<u8>>,
    /// Those that are given from where somebody was who mounted it, which nobody knows any more.
    pub relative_layers: Vec<Vec<u8>>,
    /// Its file system is read-only, and not this mount alone.
    pub is_read_only_everywhere: bool,
    /// It is one of FUSE whose server decides who may do what, whatever the modes say (mount.fuse(8),
    /// without `default_permissions`).
    pub is_judged_by_its_server: bool,
}

/// All mounts, sorted by where they are.
#[derive(Debug, Default)]
pub struct Table(Vec<Mount>);

impl Table {
    /// Reads the list that holds for the calling thread.
    pub fn read() -> Result<Table, Failure> {
        let mut text = Vec::with_capacity(16 * 1024);
        File::open("/proc/thread-self/mountinfo")?.read_to_end(&mut text)?;
        Ok(Table::parse(&text))
    }

    /// Lines that are no mounts are left out.
    pub fn parse(text: &[u8]) -> Table {
        let mut mounts: Vec<Mount> = text
            .split(|&byte| byte == b'\n')
            .filter_map(parse_line)
            .collect();
        mounts.sort_by(|a, b| a.point.cmp(&b.point));
        Table(mounts)
    }

    /// Every mount, sorted by where it is.
    pub fn iter(&self) -> impl Iterator<Item = &Mount> {
        self.0.iter()
    }

    /// The mount of that number.
    pub fn by_id(&self, id: MountId) -> Option<&Mount> {
        self.0.iter().find(|mount| mount.id == id)
    }

    /// The mount that one gets to at `point` when one comes from the mount `parent`: the topmost
    /// where several lie on each other.
    pub fn on(&self, parent: MountId, point: &[u8]) -> Option<&Mount> {
        let here = self.at(point);
        let on = |parent| here.iter().find(|mount| mount.parent == parent);
        let mut top = on(parent)?;
        // As many steps as there are mounts here are enough, whatever their numbers say.
        for _ in here {
            match on(top.id) {
                Some(above) => top = above,
                None => break,
            }
        }
        Some(top)
    }

    /// Every mount at `point`, hidden ones included.
    pub fn at(&self, point: &[u8]) -> &[Mount] {
        let start = self.0.partition_point(|mount| *mount.point < *point);
        let end = self.0[start..].partition_point(|mount| *mount.point == *point);
        &self.0[start..start + end]
    }
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn parse_line(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&byte| byte == b' ');
    let id = MountId(number(fields.next()?)?);
    let parent = MountId(number(fields.next()?)?);
    let point = unescape(fields.nth(2)?);
    fields.find(|field| *field == b"-")?;
    let fs_type = String::from_utf8_lossy(&unescape(fields.next()?)).into_owned();
    let options = fields.nth(1).unwrap_or_default();
    let (layers, relative_layers) = if fs_type == "overlay" {
        let from_root = |layer: &Vec<u8>| layer.first() == Some(&b'/');
        layers(options).into_iter().partition(from_root)
    } else {
        (Vec::new(), Vec::new())
    };
    let has = |option: &[u8]| options.split(|&byte| byte == b',').any(|it| it == option);
    let is_fuse = matches!(fs_type.split('.').next(), Some("fuse" | "fuseblk"));
    Some(Mount {
        is_read_only_everywhere: has(b"ro"),
        is_judged_by_its_server: is_fuse && !has(b"default_permissions"),
        id,
        parent,
        point,
        fs_type,
        layers,
        relative_layers,
    })
}

fn number(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The kernel writes blanks, newlines and backslashes in octal: `\040`.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, after)) = rest.split_first() {
        if let (b'\\', Some((octal, after))) = (byte, after.split_first_chunk::<3>())
            && let Some(value) = octal_byte(*octal)
        {
            bytes.push(value);
            rest = after;
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    bytes
}

fn octal_byte(digits: [u8; 3]) -> Option<u8> {
    let value = digits.iter().try_fold(0_u32, |value, digit| {
        matches!(digit, b'0'..=b'7').then(|| value * 8 + u32::from(digit - b'0'))
    })?;
    u8::try_from(value).ok()
}

/// The directories named by the options of an overlay (the kernel's Documentation/filesystems/
/// overlayfs.rst). A colon that belongs to a name is written `\:`.
fn layers(options: &[u8]) -> Vec<Vec<u8>> {
    let mut layers = Vec::new();
    for option in options.split(|&byte| byte == b',') {
        let Some(equals) = option.iter().position(|&byte| byte == b'=') else {
            continue;
        };
        let (key, value) = (&option[..equals], unescape(&option[equals + 1..]));
        match key {
            b"upperdir" | b"workdir" => layers.push(value),
            b"lowerdir" | b"lowerdir+" | b"datadir+" => split_layers(&value, &mut layers),
            _ => {}
        }
    }
    // `lowerdir=a::b` has an empty one between what is merged and what is only data.
    layers.retain(|layer| !layer.is_empty());
    layers
}

fn split_layers(value: &[u8], layers: &mut Vec<Vec<u8>>) {
    let mut layer = Vec::new();
    let mut bytes = value.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            b':' => layers.push(std::mem::take(&mut layer)),
            b'\\' => layer.extend(bytes.next()),
            _ => layer.push(byte),
        }
    }
    layers.push(layer);
}

#[cfg(test)]
mod tests;
