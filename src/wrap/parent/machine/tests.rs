use super::super::event::{ChildId, Terminal};
use super::*;
use crate::wrap::refusal::Status;

mod properties;
mod readiness;
mod stop;

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
