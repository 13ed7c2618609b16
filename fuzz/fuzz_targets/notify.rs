//! Any bytes are a notice or a mistake; what is passed on is the input less some of its lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sockctl::wrap::notify::Notice;

fuzz_target!(|bytes: &[u8]| {
    let Ok(notice) = Notice::new(bytes.to_vec()) else {
        return;
    };
    let others = |notice: &Notice| -> Vec<Vec<u8>> {
        let fields = notice.fields().filter(|field| !field.starts_with(b"MAINPID"));
        fields.map(<[u8]>::to_vec).collect()
    };
    let relayed = notice.relayed(true).unwrap_or_default();
    let again = Notice::new(relayed).expect("no longer, and no NUL");
    assert_eq!(others(&again), others(&notice));
    assert_eq!(again.said(), notice.said());
    let unready = Notice::new(notice.relayed(false).unwrap_or_default());
    assert!(!unready.expect("a part of it").said().ready);
    let is_ours = |field: &[u8]| {
        [b"MAINPID=".as_slice(), b"MAINPIDFD=", b"MAINPIDFDID="]
            .iter()
            .any(|ours| field.starts_with(ours))
    };
    assert!(!again.fields().any(is_ours));
});
