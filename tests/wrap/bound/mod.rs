//! Sockets that the command binds itself: found, judged, guarded, and removed at the end.

mod end;
mod expect;
mod found;
mod guarded;
mod policy;
mod scene;
