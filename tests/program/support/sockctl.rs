use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::{Done, NOBODY};

/// One run of the program, with an environment that says nothing about policies or colours.
pub(crate) struct Sockctl {
    command: Command,
}

impl Sockctl {
    pub(crate) fn new() -> Sockctl {
        Sockctl::at(Path::new(env!("CARGO_BIN_EXE_sockctl")))
    }

    /// The program in another place, where another user can reach it.
    pub(crate) fn at(program: &Path) -> Sockctl {
        let mut command = Command::new(program);
        command.stdin(Stdio::null());
        for name in [
            "SOCKCTL_POLICY",
            "SOCKCTL_LOG",
            "NO_COLOR",
            "CLICOLOR_FORCE",
            "COLUMNS",
            "SUDO_UID",
            "SUDO_GID",
            "SUDO_USER",
        ] {
            command.env_remove(name);
        }
        Sockctl { command }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Sockctl {
        self.command.arg(argument);
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(
        mut self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Sockctl {
        self.command.args(arguments);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Sockctl {
        self.command.env(name, value);
        self
    }

    /// Gives root up, with every group. Only root can do that.
    pub(crate) fn by_nobody(mut self) -> Sockctl {
        self.command.uid(NOBODY).gid(NOBODY).current_dir("/");
        self
    }

    pub(crate) fn working_in(mut self, directory: &Path) -> Sockctl {
        self.command.current_dir(directory);
        self
    }

    /// To be run in another way.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    pub(crate) fn run(mut self) -> Done {
        let begin = Instant::now();
        let output = self.command.output().expect("the program can be run");
        Done::new(&self.command, output, begin.elapsed())
    }

    /// Runs it with its standard output going elsewhere.
    pub(crate) fn run_into(mut self, stdout: File) -> Done {
        self.command.stdout(stdout).stderr(Stdio::piped());
        let begin = Instant::now();
        let child = self.command.spawn().expect("the program can be run");
        let output = child.wait_with_output().expect("the program ends");
        Done::new(&self.command, output, begin.elapsed())
    }
}
