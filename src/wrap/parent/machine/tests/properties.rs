//! What holds of whatever happens.

use proptest::prelude::*;

use super::*;

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
