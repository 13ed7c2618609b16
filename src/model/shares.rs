//! A long list, worked on by several threads at once.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::thread::Builder;

/// A share with fewer elements is not worth a thread of its own.
const WORTH: usize = 1024;

/// So many shares a thread, for not all threads get on equally well.
const EACH: usize = 4;

/// What `work` makes of each share of the list, in the order of the list. Up to `jobs` threads
/// work; `None` for as many as there are processors for us.
pub fn in_shares<T: Sync, R: Send>(
    list: &[T],
    jobs: Option<NonZeroUsize>,
    work: impl Fn(&[T]) -> R + Sync,
) -> Vec<R> {
    let jobs = jobs_or_all(jobs);
    let shares = list.chunks(share(list.len(), jobs)).collect();
    at_once(shares, jobs, work)
}

/// The same for elements that `work` changes.
pub fn in_shares_mut<T: Send, R: Send>(
    list: &mut [T],
    jobs: Option<NonZeroUsize>,
    work: impl Fn(&mut [T]) -> R + Sync,
) -> Vec<R> {
    let jobs = jobs_or_all(jobs);
    let share = share(list.len(), jobs);
    at_once(list.chunks_mut(share).collect(), jobs, work)
}

/// How long a share is.
fn share(length: usize, jobs: NonZeroUsize) -> usize {
    let most = (length / WORTH).max(1);
    let shares = jobs.get().saturating_mul(EACH);
    length.div_ceil(shares.min(most)).max(1)
}

fn jobs_or_all(jobs: Option<NonZeroUsize>) -> NonZeroUsize {
    jobs.or_else(|| std::thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}

/// What `work` makes of each share, in their order. Up to `jobs` threads work, or as many as the
/// system lets us have.
fn at_once<S: Send, R: Send>(
    shares: Vec<S>,
    jobs: NonZeroUsize,
    work: impl Fn(S) -> R + Sync,
) -> Vec<R> {
    let others = jobs.get().min(shares.len()).saturating_sub(1);
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
                let jobs = NonZeroUsize::new(jobs);
                let lent = in_shares(&list, jobs, <[usize]>::to_vec);
                assert_eq!(lent.concat(), list, "{length} {jobs:?}");
                let changed = in_shares_mut(&mut list.clone(), jobs, |share| {
                    for element in &mut *share {
                        *element += 1;
                    }
                    share.to_vec()
                });
                assert!(changed.concat().into_iter().eq(1..=length));
            }
        }
    }
}
