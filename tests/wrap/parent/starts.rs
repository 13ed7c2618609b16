//! Asked to end at any moment of the start: no request is lost, and nothing is left.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::running::{ends, resident, with_argument};
use crate::support::{names, own_user, place};

fn size() -> u32 {
    let full = std::env::var_os("SOCKCTL_TESTS").is_some_and(|value| value == "full");
    if full { 10_000 } else { 400 }
}

#[test]
fn at_any_moment_of_the_first_five_milliseconds() {
    let place = place();
    let listen = format!("--listen={}", place.path().join("s").display());
    // Nobody else sleeps for so long.
    let length = format!("{}.4711", 100_000 + std::process::id());
    let options = ["--user", &own_user(), &listen];
    let (mut before_main, mut after) = (0, 0);
    let mut moment = 0x2545_f491_u32;
    for round in 0..size() {
        let begin = Instant::now();
        let mut command = resident(options, ["sleep", &length]);
        let mut child = command.stdout(Stdio::null()).spawn().expect("the program");
        // Any moment: xorshift32.
        moment ^= moment << 13;
        moment ^= moment >> 17;
        moment ^= moment << 5;
        let wait = Duration::from_micros((moment % 5_000).into());
        while begin.elapsed() < wait {
            std::hint::spin_loop();
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("kill");
        assert!(ends(child.id()), "round {round}, {wait:?}: it was lost");
        let status = child.wait().expect("it can be waited for");
        match (status.signal(), status.code()) {
            (Some(15), None) => before_main += 1,
            (None, Some(143)) => after += 1,
            _ => panic!("round {round}, {wait:?}: {status}"),
        }
        assert_eq!(names(place.path()), [""; 0], "round {round}, {wait:?}");
    }
    assert_eq!(with_argument(&length), [0; 0], "children are left");
    println!("{before_main} before main, {after} from then on");
    assert!(after > 0);
}
