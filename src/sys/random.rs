//! What nobody can guess: getrandom(2).

use std::fmt::Write;

use rustix::rand::{GetRandomFlags, getrandom};

use super::dir::Failure;

/// 32 hexadecimal digits. Early in the boot it does not wait for the kernel to have gathered
/// enough for keys that last.
pub fn secret() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    let filled = rustix::io::retry_on_intr(|| getrandom(&mut bytes, GetRandomFlags::INSECURE));
    match filled {
        Ok(length) if length == bytes.len() => {}
        // Linux before 5.6 does not know the flag.
        Ok(_) | Err(rustix::io::Errno::INVAL) => {
            rustix::io::retry_on_intr(|| getrandom(&mut bytes, GetRandomFlags::empty()))?;
        }
        Err(errno) => return Err(errno.into()),
    }
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let (first, second) = (secret().unwrap(), secret().unwrap());
        assert_ne!(first, second);
        assert!(first.len() == 32 && first.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
