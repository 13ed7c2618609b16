use proptest::prelude::*;

use super::super::event::{ChildId, Terminal};
use super::*;
use crate::wrap::refusal::Status;

const ID: ChildId = ChildId::FIRST;

fn rules() -> Rules {
    Rules {
        stop_signal: Signal::TERM,
        stop_timeout: None,
        ready: Readiness::Started,
        ready_timeout: Duration::from_secs(30),
        checked: false,
    }
}

fn sent(signal: Signal) -> Event {
    Event::Signal(Arrived {
        signal,
        origin: Origin::Sent,
    })
}

fn typed(signal: Signal) -> Event {
    Event::Signal(Arrived {
        signal,
        origin: Origin::Terminal,
    })
}

fn ended(ending: Ending, leaves: bool) -> Event {
    Event::Ended {
        id: ID,
        ending,
        leaves,
    }
}

fn suspended(signal: Signal, terminal: Terminal) -> Event {
    Event::Suspended {
        id: ID,
        signal,
        terminal,
    }
}

fn refusal() -> Refusal {
    Refusal::new(Status::Refused, "why")
}

fn to_process(signal: Signal) -> Action {
    send(ID, Whom::Process, signal)
}

fn to_group(signal: Signal) -> Action {
    send(ID, Whom::Group, signal)
}

/// What is done about each of these events.
fn done(rules: Rules, events: impl IntoIterator<Item = Event>) -> Vec<Vec<Action>> {
    let mut machine = Machine::new(rules);
    let handle = |event| machine.handle(event);
    events.into_iter().map(handle).collect()
}

/// What is done about the last of these, once the command runs.
fn then(rules: Rules, events: impl IntoIterator<Item = Event>) -> Vec<Action> {
    let events = [Event::Begin, Event::Started(ID)].into_iter().chain(events);
    done(rules, events).pop().unwrap()
}

fn exit(outcome: Outcome) -> Vec<Action> {
    vec![
        Action::Announce(News::Ended(ID)),
        Action::Cancel(Alarm::Kill(ID)),
        Action::Cancel(Alarm::GiveUp(ID)),
        Action::Exit(outcome),
    ]
}

#[test]
fn from_the_start_to_the_end() {
    let events = [
        Event::Begin,
        Event::Started(ID),
        ended(Ending::Code(7), false),
        sent(Signal::TERM),
    ];
    assert_eq!(
        done(rules(), events),
        [
            vec![Action::Start(ID)],
            vec![
                Action::Announce(News::Started(ID)),
                Action::Announce(News::Ready(ID))
            ],
            exit(Outcome::As(Ending::Code(7))),
            vec![],
        ]
    );
}

#[test]
fn before_there_is_a_command() {
    for signal in [Signal::TERM, Signal::INT, Signal::QUIT] {
        let outcome = Outcome::As(Ending::Signal(signal));
        assert_eq!(
            done(rules(), [sent(signal), Event::Begin]),
            [vec![Action::Exit(outcome)], vec![]]
        );
    }
    let outcome = Outcome::As(Ending::Signal(Signal::HUP));
    assert_eq!(
        done(rules(), [typed(Signal::HUP)]),
        [[Action::Exit(outcome)]]
    );
    // All others wait for it.
    let queued = Event::Signal(Arrived {
        signal: Signal::USR1,
        origin: Origin::Queued(7),
    });
    let Event::Signal(arrived) = queued else {
        unreachable!()
    };
    assert_eq!(
        done(rules(), [sent(Signal::HUP), queued, Event::Begin])[2],
        [
            Action::Start(ID),
            to_process(Signal::HUP),
            Action::Send(ID, Whom::Process, arrived)
        ]
    );
    let outcome = Outcome::Refused(refusal());
    assert_eq!(
        done(rules(), [Event::Abort(refusal()), Event::Begin]),
        [vec![Action::Exit(outcome)], vec![]]
    );
}

#[test]
fn what_could_not_be_started_is_refused() {
    let all = done(rules(), [Event::Begin, Event::NotStarted(ID, refusal())]);
    let last = all.last().unwrap().last().unwrap();
    assert_eq!(*last, Action::Exit(Outcome::Refused(refusal())));
}

#[test]
fn every_signal_is_passed_on_as_it_is() {
    for number in 1..=64 {
        let signal = Signal::new(number).unwrap();
        let actions = then(rules(), [sent(signal)]);
        assert_eq!(actions[0], to_process(signal), "{signal}");
        let stops = [Signal::TERM, Signal::INT, Signal::QUIT].contains(&signal);
        assert_eq!(
            actions[1..].contains(&Action::Announce(News::Stopping)),
            stops,
            "{signal}"
        );
        assert_eq!(actions.len(), 1 + usize::from(stops));
    }
}

#[test]
fn what_is_typed_is_for_all_of_the_job() {
    for signal in [Signal::INT, Signal::QUIT, Signal::TSTP, Signal::WINCH] {
        let arrived = Arrived {
            signal,
            origin: Origin::Terminal,
        };
        let actions = then(rules(), [Event::Signal(arrived)]);
        assert_eq!(actions[0], Action::Send(ID, Whom::Group, arrived));
    }
}

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

#[test]
fn ready_is_told_once_and_not_before_it_was_checked() {
    let told = Rules {
        ready: Readiness::Told,
        checked: true,
        ..rules()
    };
    let looks = || Event::LooksReady(ID);
    let passed = || Event::Passed(ID);
    let ready = [
        Action::Cancel(Alarm::Ready(ID)),
        Action::Announce(News::Ready(ID)),
    ];
    assert_eq!(then(told, []), [Action::Announce(News::Started(ID))]);
    assert_eq!(then(told, [passed()]), []);
    assert_eq!(then(told, [looks()]), [Action::Announce(News::Check(ID))]);
    assert_eq!(then(told, [looks(), passed()]), ready);
    assert_eq!(then(told, [looks(), passed(), looks()]), []);
    assert_eq!(then(told, [looks(), passed(), passed()]), []);
    // A server may say so before we know that it runs.
    let actions = done(told, [Event::Begin, looks(), passed()]);
    assert_eq!(actions[2], ready);
    // Whoever stops is not ready any more.
    for stop in [sent(Signal::TERM), ended(Ending::Code(0), true)] {
        assert_eq!(then(told, [stop.clone(), looks()]), []);
        assert_eq!(then(told, [looks(), stop, passed()]), []);
    }
    let unchecked = Rules {
        checked: false,
        ..told
    };
    assert_eq!(then(unchecked, [looks()]), ready);
}

#[test]
fn whoever_is_not_ready_in_time_is_stopped() {
    let told = Rules {
        ready: Readiness::Told,
        ..rules()
    };
    let set = Action::Set(Alarm::Ready(ID), told.ready_timeout);
    let begin = done(told, [Event::Begin]).concat();
    assert_eq!(begin, [Action::Start(ID), set]);
    let late = || Event::Alarm(Alarm::Ready(ID));
    let actions = then(told, [late()]);
    assert!(actions.contains(&to_process(Signal::TERM)));
    assert!(actions.contains(&Action::Set(Alarm::Kill(ID), OWN_PATIENCE)));
    // However it ends then, that is how it has failed.
    let end = then(told, [late(), ended(Ending::Code(0), false)]).pop();
    let Some(Action::Exit(Outcome::Refused(refusal))) = end else {
        panic!("{end:?}");
    };
    assert_eq!(refusal.status, Status::Failed);
    assert!(refusal.why.contains("not ready within 30s"), "{refusal}");
    // Whoever is ready, or is stopped, is not late.
    for other in [Event::LooksReady(ID), sent(Signal::TERM)] {
        let cancel = Action::Cancel(Alarm::Ready(ID));
        assert!(then(told, [other.clone()]).contains(&cancel));
        assert_eq!(then(told, [other, late()]), []);
    }
    // Nothing is waited for where it is ready at once.
    assert_eq!(done(rules(), [Event::Begin]), [[Action::Start(ID)]]);
}

#[test]
fn what_takes_longer_is_waited_for_longer() {
    let told = Rules {
        ready: Readiness::Told,
        ..rules()
    };
    let longer = Duration::from_secs(60);
    let extend = || Event::Extend(ID, longer);
    let ready = Action::Extend(Alarm::Ready(ID), longer);
    assert_eq!(then(told, [extend()]), [ready]);
    assert_eq!(then(told, [Event::LooksReady(ID), extend()]), []);
    // Who asked for the stop from outside has their own patience.
    assert_eq!(then(told, [sent(Signal::TERM), extend()]), []);
    let limited = Rules {
        stop_timeout: Some(longer),
        ..told
    };
    let kill = Action::Extend(Alarm::Kill(ID), longer);
    assert_eq!(then(limited, [sent(Signal::TERM), extend()]), [kill]);
    // What is refused has no say in it.
    assert_eq!(then(told, [Event::Abort(refusal()), extend()]), []);
    // Nor can it be for ever.
    let endless = Event::Extend(ID, Duration::MAX);
    let most = Action::Extend(Alarm::Ready(ID), Duration::from_secs(3600));
    assert_eq!(then(told, [endless]), [most]);
}

fn any_signal() -> impl Strategy<Value = Signal> {
    let usual = prop::sample::select(vec![
        Signal::TERM,
        Signal::INT,
        Signal::QUIT,
        Signal::HUP,
        Signal::TSTP,
        Signal::CONT,
        Signal::TTIN,
        Signal::TTOU,
    ]);
    let any = (1..=64_i32).prop_map(|number| Signal::new(number).unwrap());
    prop_oneof![3 => usual, 1 => any]
}

fn any_terminal() -> impl Strategy<Value = Terminal> {
    prop::sample::select(vec![
        Terminal::None,
        Terminal::Ours,
        Terminal::Lent,
        Terminal::Others,
    ])
}

fn any_event() -> impl Strategy<Value = Event> {
    // Most are of the one that there is.
    let id = || {
        let other = ChildId {
            slot: 1,
            generation: 2,
        };
        prop_oneof![9 => Just(ID), 1 => Just(other)]
    };
    let origin = prop_oneof![
        Just(Origin::Sent),
        Just(Origin::Terminal),
        any::<u64>().prop_map(Origin::Queued)
    ];
    let ending = prop_oneof![
        any::<u8>().prop_map(Ending::Code),
        any_signal().prop_map(Ending::Signal)
    ];
    prop_oneof![
        Just(Event::Begin),
        (any_signal(), origin)
            .prop_map(|(signal, origin)| Event::Signal(Arrived { signal, origin })),
        id().prop_map(Event::Started),
        id().prop_map(|id| Event::NotStarted(id, refusal())),
        (id(), ending, any::<bool>()).prop_map(|(id, ending, leaves)| Event::Ended {
            id,
            ending,
            leaves
        }),
        id().prop_map(Event::GroupGone),
        (id(), any_signal(), any_terminal()).prop_map(|(id, signal, terminal)| Event::Suspended {
            id,
            signal,
            terminal
        }),
        id().prop_map(Event::Continued),
        (any::<bool>(), any_terminal())
            .prop_map(|(stopped, terminal)| Event::Resumed { stopped, terminal }),
        id().prop_map(|id| Event::Alarm(Alarm::Kill(id))),
        id().prop_map(|id| Event::Alarm(Alarm::GiveUp(id))),
        id().prop_map(|id| Event::Alarm(Alarm::Ready(id))),
        (id(), any_signal()).prop_map(|(id, signal)| Event::Undelivered(id, signal)),
        id().prop_map(|id| Event::Extend(id, Duration::from_secs(7))),
        id().prop_map(Event::LooksReady),
        id().prop_map(Event::Passed),
        Just(Event::Abort(refusal())),
    ]
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let timeout = prop::option::of((0..9_u64).prop_map(Duration::from_secs));
    let ready = prop::sample::select(vec![Readiness::Started, Readiness::Told]);
    (any_signal(), timeout, ready, any::<bool>()).prop_map(
        |(stop_signal, stop_timeout, ready, checked)| Rules {
            stop_signal,
            stop_timeout,
            ready,
            ready_timeout: Duration::from_secs(30),
            checked,
        },
    )
}

fn is_exit(action: &Action) -> bool {
    matches!(action, Action::Exit(_))
}

proptest! {
    /// Whatever comes in whatever order: there is one end, and nothing behind it.
    #[test]
    fn there_is_one_end(rules in any_rules(), events in prop::collection::vec(any_event(), 0..60)) {
        let actions: Vec<Action> = done(rules, events).concat();
        let end = actions.iter().position(is_exit);
        prop_assert!(end.is_none_or(|at| at + 1 == actions.len()), "{actions:?}");
        let starts = actions.iter().filter(|action| matches!(action, Action::Start(_)));
        prop_assert!(starts.count() <= 1);
    }

    /// Signals go only to what was started, and is not gone.
    #[test]
    fn nothing_is_sent_to_nobody(
        rules in any_rules(),
        events in prop::collection::vec(any_event(), 0..60),
    ) {
        let mut there = false;
        for action in done(rules, events).concat() {
            match action {
                Action::Start(_) => there = true,
                Action::Cancel(Alarm::GiveUp(ID)) => there = false,
                Action::Send(id, ..) | Action::Kill(id) | Action::Set(Alarm::Kill(id), _) => {
                    prop_assert!(there && id == ID);
                }
                _ => {}
            }
        }
    }

    /// Whatever came before: when the process has ended and nothing is left of its group, or what
    /// is left was killed, that is the end.
    #[test]
    fn the_end_of_the_command_is_the_end(
        rules in any_rules(),
        events in prop::collection::vec(any_event(), 0..40),
        code in any::<u8>(),
        leaves in any::<bool>(),
    ) {
        let last = [
            Event::Begin,
            ended(Ending::Code(code), leaves),
            Event::Alarm(Alarm::Kill(ID)),
            Event::Alarm(Alarm::GiveUp(ID)),
        ];
        let actions = done(rules, events.into_iter().chain(last)).concat();
        prop_assert!(actions.last().is_some_and(is_exit), "{actions:?}");
    }

    /// Whatever came before, it is passed on, or nobody is there who could want it and all ends.
    #[test]
    fn no_request_to_end_is_lost(
        rules in any_rules(),
        events in prop::collection::vec(any_event(), 0..40),
        signal in prop::sample::select(vec![Signal::TERM, Signal::INT, Signal::QUIT]),
    ) {
        let events: Vec<Event> = events.into_iter().chain([sent(signal)]).collect();
        let all = done(rules, events);
        let before = all[..all.len() - 1].concat();
        let actions = all.last().unwrap();
        let over = before.iter().any(is_exit);
        let sends = actions.iter().any(|action| matches!(action, Action::Send(..)));
        prop_assert!(over || sends || actions.iter().any(is_exit), "{actions:?}");
        let started = before.iter().any(|action| matches!(action, Action::Start(_)));
        prop_assert!(!sends || started);
        // From then on it is a stop.
        let stopping = Action::Announce(News::Stopping);
        let stops = before.contains(&stopping) || actions.contains(&stopping);
        prop_assert!(over || !started || stops);
    }
}
