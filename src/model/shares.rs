//! A long list, worked on by several threads at once.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// A share with fewer elements is not worth a thread of its own.
const WORTH: usize = 1024;

/// What `work` makes of each share of the list, in the order of the list. Up to `jobs` threads
/// work; `None` for as many as there are processors for us.
pub fn in_shares<T: Sync, R: Send>(
    list: &[T],
    jobs: Option<NonZeroUsize>,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let mut shares: Vec<&[T]> = list.chunks(share(list.len(), jobs)).collect();
    if shares.is_empty() {
        shares.push(list);
    }
    at_once(shares, work)
}

/// The same of a list that is used up.
pub fn in_owned_shares<T: Send, R: Send>(
    mut list: Vec<T>,
    jobs: Option<NonZeroUsize>,
    work: impl Fn(Vec<T>) -> R + Sync,
) -> Vec<R> {
    let share = share(list.len(), jobs);
    let mut shares = Vec::new();
    while list.len() > share {
        let before = (list.len() - 1) / share * share;
        shares.push(list.split_off(before));
    }
    shares.push(list);
    shares.reverse();
    at_once(shares, work)
}

/// How long a share is.
fn share(length: usize, jobs: Option<NonZeroUsize>) -> usize {
    let most = length / WORTH;
    if most < 2 {
        return length.max(1);
    }
    let jobs = jobs.or_else(|| std::thread::available_parallelism().ok());
    length.div_ceil(jobs.map_or(1, NonZeroUsize::get).min(most))
}

/// One thread a share, or as many as the system lets us have.
fn at_once<S: Send, R: Send>(shares: Vec<S>, work: impl Fn(S) -> R + Sync) -> Vec<R> {
    let others = shares.len() - 1;
    let shares = Mutex::new(shares.into_iter().enumerate());
    let next = || shares.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let done = std::iter::from_fn(next).map(|(number, share)| (number, work(share)));
        done.collect::<Vec<_>>()
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (0..others)
            .map_while(|_| Builder::new().spawn_scoped(scope, worker).ok())
            .collect();
        let mut done = worker();
        for other in others {
            let other = other.join();
            done.extend(other.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, done)| done).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_element_once_and_in_order() {
        for length in [0, 1, WORTH, 2 * WORTH, 5 * WORTH + 3] {
            let list: Vec<usize> = (0..length).collect();
            for jobs in [1, 2, 3, 64] {
                let most = NonZeroUsize::new(jobs);
                let lent = in_shares(&list, most, <[usize]>::to_vec);
                let owned = in_owned_shares(list.clone(), most, |share| share);
                for shares in [lent, owned] {
                    assert!(shares.len() <= jobs, "{length} {jobs}");
                    assert_eq!(shares.concat(), list, "{length} {jobs}");
                }
            }
        }
    }
}
