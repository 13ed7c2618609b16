//! When it is ready.

use super::*;

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
