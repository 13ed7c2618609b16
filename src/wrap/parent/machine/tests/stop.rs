//! From a request to end to the end, and pauses.

use super::*;

#[test]
fn a_stop_has_its_own_signal_and_time() {
    let rules = Rules {
        stop_signal: Signal::WINCH,
        stop_timeout: Some(Duration::from_secs(3)),
        ..rules()
    };
    let limit = Action::Set(Alarm::Kill(ID), Duration::from_secs(3));
    let stopping = Action::Announce(News::Stopping);
    for event in [sent(Signal::TERM), typed(Signal::HUP)] {
        assert_eq!(
            then(rules, [event]),
            [to_process(Signal::WINCH), stopping.clone(), limit.clone()]
        );
    }
    assert_eq!(
        then(rules, [sent(Signal::INT)]),
        [to_process(Signal::INT), stopping.clone(), limit.clone()]
    );
    // Asked again, it is passed on again, and is killed no later.
    assert_eq!(
        then(rules, [sent(Signal::INT), sent(Signal::TERM)]),
        [to_process(Signal::WINCH)]
    );
    // What is not the command yet would not hear that signal.
    let actions = done(rules, [Event::Begin, sent(Signal::TERM)]);
    assert_eq!(actions[1], [to_process(Signal::TERM), stopping, limit]);
}

#[test]
fn only_a_stop_of_our_own_is_limited_by_itself() {
    let ours = Action::Set(Alarm::Kill(ID), OWN_PATIENCE);
    assert!(then(rules(), [Event::Abort(refusal())]).contains(&ours));
    assert!(!then(rules(), [sent(Signal::TERM)]).contains(&ours));
    let both = [sent(Signal::TERM), Event::Abort(refusal())];
    assert!(then(rules(), both).contains(&ours));
}

#[test]
fn what_does_not_end_is_killed() {
    let alarm = Event::Alarm(Alarm::Kill(ID));
    let actions = then(rules(), [sent(Signal::TERM), alarm.clone()]);
    assert_eq!(actions[0], Action::Kill(ID));
    // The command itself is waited for longer, and not for ever: who traces it can keep it.
    assert_eq!(actions[1], Action::Set(Alarm::GiveUp(ID), KILLED_PATIENCE));
    let killed = Ending::Signal(Signal::KILL);
    for last in [Event::Alarm(Alarm::GiveUp(ID)), ended(killed, false)] {
        let events = [alarm.clone(), last];
        assert_eq!(then(rules(), events), exit(Outcome::As(killed)));
    }
}

#[test]
fn who_cannot_be_signalled_is_not_waited_for_for_ever() {
    let undelivered = |signal| Event::Undelivered(ID, signal);
    let limit = Action::Set(Alarm::Kill(ID), OWN_PATIENCE);
    assert_eq!(then(rules(), [undelivered(Signal::USR1)]), []);
    let stopped = [sent(Signal::TERM), undelivered(Signal::TERM)];
    assert_eq!(then(rules(), stopped.clone()), [limit]);
    let kill = [Event::Alarm(Alarm::Kill(ID)), undelivered(Signal::KILL)];
    let last = then(rules(), stopped.into_iter().chain(kill.clone())).pop();
    assert!(matches!(last, Some(Action::Exit(Outcome::Refused(_)))));
    // Of those that it has left behind its status says nothing.
    let events = [ended(Ending::Code(3), true)].into_iter().chain(kill);
    let last = then(rules(), events).pop();
    assert_eq!(last, Some(Action::Exit(Outcome::As(Ending::Code(3)))));
}

#[test]
fn what_is_left_of_it_is_ended_too() {
    let end = || ended(Ending::Code(3), true);
    let limit = Action::Set(Alarm::Kill(ID), OWN_PATIENCE);
    let outcome = exit(Outcome::As(Ending::Code(3)))[1..].to_vec();
    assert_eq!(
        then(rules(), [end()]),
        [
            Action::Announce(News::Ended(ID)),
            to_group(Signal::TERM),
            to_group(Signal::CONT),
            limit
        ]
    );
    assert_eq!(then(rules(), [end(), Event::GroupGone(ID)]), outcome);
    // Signals go on to it.
    assert_eq!(
        then(rules(), [end(), sent(Signal::TERM)])[0],
        to_group(Signal::TERM)
    );
    assert_eq!(
        then(rules(), [end(), sent(Signal::USR1)]),
        [to_group(Signal::USR1)]
    );
    let kill = Event::Alarm(Alarm::Kill(ID));
    let killed = then(rules(), [end(), kill.clone()]);
    assert_eq!(killed[0], Action::Kill(ID));
    assert!(matches!(killed[1], Action::Set(Alarm::GiveUp(ID), _)));
    let give_up = Event::Alarm(Alarm::GiveUp(ID));
    assert_eq!(then(rules(), [end(), kill, give_up]), outcome);
    // Before, it says nothing of who is still there.
    assert_eq!(then(rules(), [Event::GroupGone(ID)]), []);
}

#[test]
fn a_stop_by_a_source_has_its_own_outcome() {
    let events = [Event::Abort(refusal()), ended(Ending::Code(0), false)];
    let last = then(rules(), events).pop().unwrap();
    assert_eq!(last, Action::Exit(Outcome::Refused(refusal())));
}

#[test]
fn what_reads_in_the_background_gets_the_terminal() {
    for signal in [Signal::TTIN, Signal::TTOU] {
        assert_eq!(
            then(rules(), [suspended(signal, Terminal::Ours)]),
            [Action::Lend(ID), to_group(Signal::CONT)]
        );
        // We are in the background ourselves: that is for the shell to change.
        let waits = suspended(signal, Terminal::Others);
        assert_eq!(then(rules(), [waits.clone()]), [Action::Suspend]);
        let resumed = |stopped, terminal| Event::Resumed { stopped, terminal };
        let after = |stopped, terminal| {
            let resumed = resumed(stopped, terminal);
            then(rules(), [waits.clone(), resumed])
        };
        let lend = [Action::Lend(ID), to_group(Signal::CONT)];
        assert_eq!(after(true, Terminal::Ours), lend);
        assert_eq!(after(true, Terminal::Others), [to_group(Signal::CONT)]);
        // There is no shell: it would only try again, and again.
        assert_eq!(after(false, Terminal::Others), []);
    }
}

#[test]
fn a_pause_is_one_of_the_whole_job() {
    let pause = suspended(Signal::TSTP, Terminal::Ours);
    assert_eq!(then(rules(), [pause.clone()]), [Action::Suspend]);
    let resumed = |terminal| Event::Resumed {
        stopped: true,
        terminal,
    };
    for terminal in [Terminal::Ours, Terminal::Others] {
        assert_eq!(
            then(rules(), [pause.clone(), resumed(terminal)]),
            [to_group(Signal::CONT)]
        );
    }
    // Who had the terminal gets it again, if we do.
    let had = suspended(Signal::TTIN, Terminal::Ours);
    let pause = suspended(Signal::TSTP, Terminal::Lent);
    let events = [had, Event::Continued(ID), pause, resumed(Terminal::Ours)];
    assert_eq!(
        then(rules(), events.clone()),
        [Action::Lend(ID), to_group(Signal::CONT)]
    );
    let end = ended(Ending::Code(0), false);
    let actions = then(rules(), events.into_iter().chain([end]));
    assert_eq!(actions[0], Action::TakeBack(ID));
    // Without a terminal somebody did it by hand, and will undo it; in its background, too.
    for terminal in [Terminal::None, Terminal::Others] {
        assert_eq!(then(rules(), [suspended(Signal::STOP, terminal)]), []);
        let stopping = [sent(Signal::TERM), suspended(Signal::STOP, terminal)];
        assert_eq!(then(rules(), stopping), [to_group(Signal::CONT)]);
    }
}

#[test]
fn who_is_stopped_is_let_go_to_end() {
    let events = [suspended(Signal::STOP, Terminal::None), sent(Signal::TERM)];
    let actions = then(rules(), events);
    assert_eq!(actions[0], to_process(Signal::TERM));
    assert!(actions.contains(&to_group(Signal::CONT)));
    // We may hear of it in the other order.
    let events = [sent(Signal::TERM), suspended(Signal::STOP, Terminal::None)];
    assert_eq!(then(rules(), events), [to_group(Signal::CONT)]);
}
