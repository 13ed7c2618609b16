//! Every state that a Unix socket can be in, made for real: what the kernel answers, and what each
//! command makes of it.

mod apart;
mod asked;
pub(crate) mod scenes;
mod together;

use std::path::Path;

use scenes::Scene;

use crate::support::{is_root, place};

/// One state: a row of the table.
struct Row {
    /// Of the scene.
    name: &'static str,
    /// Makes it in an empty directory.
    make: fn(&Path) -> Scene,
    by: By,
    /// What connect(2) says to a stream client, and to a datagram client; then who is bound to it in
    /// the kernel's list of our network namespace, listeners with queue and backlog.
    kernel: [&'static str; 3],
    /// The state that `probe` and `probe --silent` tell, and the exit status.
    probe: [&'static str; 2],
    /// What becomes of the file by `clean`, and by `clean -R` of the directory, and the exit status.
    clean: [&'static str; 2],
    /// The state, or states of one path, that `audit` tells, and the exit status under a policy of
    /// `liveness: live` with `--fail-on low`.
    audit: &'static str,
}

/// Who makes it, and who asks then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Anybody both.
    Any,
    /// Root both.
    Root,
    /// The same, where overlays can be mounted.
    Overlay,
    /// Root makes it, and another user asks.
    Other,
}

macro_rules! states {
    ($($make:ident $by:ident $stream:ident $datagram:ident $listed:literal
       $probe:literal $silent:literal $clean:literal $walk:literal $audit:literal;)*) => {
        const STATES: &[Row] = &[$(Row {
            name: stringify!($make),
            make: scenes::$make,
            by: By::$by,
            kernel: [stringify!($stream), stringify!($datagram), $listed],
            probe: [$probe, $silent],
            clean: [$clean, $walk],
            audit: $audit,
        }),*];
    };
}

states! {
    // state                               by       stream        datagram      listed           probe              --silent           clean        clean -R     audit
    // As connect() from a datagram socket tells them apart: somebody is bound, nobody is, no leave.
    a_listener                             Any      ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    a_datagram_socket                      Any      EPROTOTYPE    ok            "CLOSE"          "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    a_datagram_socket_with_a_peer          Any      EPROTOTYPE    EPERM         "ESTAB"          "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    left_by_a_listener                     Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    left_by_a_datagram_socket              Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    left_by_a_seqpacket_listener           Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    left_by_a_killed_server                Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    left_with_the_sticky_bit               Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "stays 0"    "stale 1";
    a_regular_file                         Any      ECONNREFUSED  ECONNREFUSED  "-"              "not-a-socket 1"   "not-a-socket 1"   "stays 1"    "stays 0"    "- 0";
    a_directory                            Any      ECONNREFUSED  ECONNREFUSED  "-"              "not-a-socket 1"   "not-a-socket 1"   "stays 1"    "stays 0"    "- 0";
    a_fifo                                 Any      ECONNREFUSED  ECONNREFUSED  "-"              "not-a-socket 1"   "not-a-socket 1"   "stays 1"    "stays 0"    "- 0";
    a_device                               Root     ECONNREFUSED  ECONNREFUSED  "-"              "not-a-socket 1"   "not-a-socket 1"   "stays 1"    "stays 0"    "- 0";
    a_link_to_a_listener                   Any      ok            EPROTOTYPE    "-"              "live 0"           "live 0"           "stays 1"    "stays 0"    "- 0";
    a_link_to_a_stale_file                 Any      ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "stays 1"    "stays 0"    "- 1";
    a_link_to_nothing                      Any      ENOENT        ENOENT        "-"              "missing 1"        "missing 1"        "stays 1"    "stays 0"    "- 0";
    nothing                                Any      ENOENT        ENOENT        "-"              "missing 1"        "missing 1"        "nothing 0"  "nothing 0"  "- 0";
    no_directory                           Any      ENOENT        ENOENT        "-"              "missing 1"        "missing 1"        "nothing 0"  "nothing 0"  "- 0";
    below_a_regular_file                   Any      ENOTDIR       ENOTDIR       "-"              "missing 1"        "missing 1"        "nothing 3"  "nothing 0"  "- 0";
    open_to_all                            Other    ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    writable_and_no_more                   Other    ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    not_writable                           Other    EACCES        EACCES        "LISTEN 0/8"     "denied 3"         "denied 3"         "stays 3"    "stays 0"    "live 0";
    in_a_closed_directory                  Other    EACCES        EACCES        "LISTEN 0/8"     "denied 3"         "denied 3"         "stays 3"    "stays 3"    "- 3";
    left_open_to_all                       Other    ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "stays 3"    "stays 3"    "stale 1";
    left_not_writable                      Other    EACCES        EACCES        "-"              "denied 3"         "denied 3"         "stays 3"    "stays 0"    "denied 0";
    left_in_a_directory_of_theirs          Other    ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    made_by_mknod_with_mode_0000           Other    EACCES        EACCES        "-"              "denied 3"         "denied 3"         "stays 3"    "stays 0"    "denied 0";

    // As only the kernel's list, or more than one look, tells them apart.
    a_backlog_with_room_for_one            Any      ok            EPROTOTYPE    "LISTEN 1/1"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    a_full_backlog                         Any      EAGAIN        EPROTOTYPE    "LISTEN 2/1"     "saturated 1"      "saturated 0"      "stays 1"    "stays 0"    "saturated 1";
    a_backlog_full_of_closed_clients       Any      EAGAIN        EPROTOTYPE    "LISTEN 2/1"     "saturated 1"      "saturated 0"      "stays 1"    "stays 0"    "saturated 1";
    a_stopped_server                       Any      ok            EPROTOTYPE    "LISTEN 0/1"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    a_stopped_server_with_a_full_backlog   Any      EAGAIN        EPROTOTYPE    "LISTEN 2/1"     "saturated 1"      "saturated 0"      "stays 1"    "stays 0"    "saturated 1";
    bound_and_not_listening                Any      ECONNREFUSED  EPROTOTYPE    "CLOSE"          "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    seqpacket_and_not_listening            Any      EPROTOTYPE    EPROTOTYPE    "CLOSE"          "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    a_client_that_is_bound                 Any      ECONNREFUSED  EPROTOTYPE    "ESTAB"          "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    a_client_that_is_bound_and_accepted    Any      ECONNREFUSED  EPROTOTYPE    "ESTAB"          "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    a_listener_shut_down                   Any      ECONNREFUSED  EPROTOTYPE    "LISTEN 0/8"     "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    a_datagram_socket_shut_down            Any      EPROTOTYPE    EPERM         "ESTAB"          "not-listening 1"  "not-listening 1"  "stays 1"    "stays 0"    "not-listening 0";
    a_seqpacket_listener                   Any      EPROTOTYPE    EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    in_another_network_namespace           Root     ok            EPROTOTYPE    "-"              "foreign 0"        "foreign 0"        "stays 1"    "stays 0"    "foreign 0";
    there_with_a_client_from_here          Root     ok            EPROTOTYPE    "ESTAB"          "foreign 0"        "foreign 0"        "stays 1"    "stays 0"    "foreign 0";
    renamed                                Any      ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    a_hard_link                            Any      ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    hard_linked                            Any      ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    unlinked                               Root     ENOENT        ENOENT        "LISTEN 0/8"     "missing 1"        "missing 1"        "nothing 0"  "nothing 0"  "ghost 1";
    bound_again_by_another                 Root     ok            EPROTOTYPE    "2x LISTEN 0/8"  "live 0"           "live 0"           "stays 1"    "stays 0"    "ghost+live 1";
    bound_again_and_left                   Root     ECONNREFUSED  ECONNREFUSED  "LISTEN 0/8"     "stale 1"          "stale 1"          "removed 0"  "removed 0"  "ghost+stale 1";
    sessions_without_their_listener        Any      ECONNREFUSED  ECONNREFUSED  "ESTAB"          "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    in_an_overlay                          Overlay  ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    in_the_upper_layer_of_that             Overlay  ECONNREFUSED  ECONNREFUSED  "-"              "unknown 3"        "unknown 3"        "stays 1"    "stays 0"    "unknown 0";
    the_same_in_another_mount_namespace    Overlay  ECONNREFUSED  ECONNREFUSED  "-"              "unknown 3"        "unknown 3"        "stays 1"    "stays 0"    "unknown 0";
    left_in_an_overlay                     Overlay  ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "stays 0"    "stale 1";
    left_in_a_lower_layer                  Overlay  ECONNREFUSED  ECONNREFUSED  "-"              "unknown 3"        "unknown 3"        "stays 1"    "stays 0"    "unknown 0";
    left_below_an_overlay_of_another_user  Overlay  ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    a_listener_with_mode_0000              Root     ok            EPROTOTYPE    "LISTEN 0/8"     "live 0"           "live 0"           "stays 1"    "stays 0"    "live 0";
    made_by_mknod                          Root     ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "removed 0"  "removed 0"  "stale 1";
    made_by_mknod_with_mode_0000           Root     ECONNREFUSED  ECONNREFUSED  "-"              "stale 1"          "stale 1"          "stays 1"    "stays 0"    "stale 0";

    // Abstract names, which have no file, and so nothing to clean.
    abstract_listener                      Any      ok            ECONNREFUSED  "LISTEN 0/8"     "live 0"           "live 0"           "nothing 2"  "nothing 0"  "live";
    abstract_seqpacket_listener            Any      ECONNREFUSED  ECONNREFUSED  "LISTEN 0/8"     "live 0"           "live 0"           "nothing 2"  "nothing 0"  "live";
    abstract_datagram_socket               Any      ECONNREFUSED  ok            "CLOSE"          "live 0"           "live 0"           "nothing 2"  "nothing 0"  "live";
    abstract_full_backlog                  Any      EAGAIN        ECONNREFUSED  "LISTEN 2/1"     "saturated 1"      "saturated 0"      "nothing 2"  "nothing 0"  "saturated";
    abstract_and_not_listening             Any      ECONNREFUSED  ECONNREFUSED  "CLOSE"          "not-listening 1"  "not-listening 1"  "nothing 2"  "nothing 0"  "-";
    abstract_of_nobody                     Any      ECONNREFUSED  ECONNREFUSED  "-"              "missing 1"        "missing 1"        "nothing 2"  "nothing 0"  "-";
    abstract_in_another_network_namespace  Root     ECONNREFUSED  ECONNREFUSED  "-"              "missing 1"        "missing 1"        "nothing 2"  "nothing 0"  "-";
}

/// Why no row of that kind can be made here.
fn obstacle(by: By) -> Option<&'static str> {
    match by {
        By::Any => None,
        _ if !is_root() => Some("needs root"),
        By::Overlay if !scenes::overlays_can_be_mounted(place().path()) => {
            Some("no overlay can be mounted here")
        }
        _ => None,
    }
}

fn rows(by: By) -> impl Iterator<Item = &'static Row> {
    STATES.iter().filter(move |row| row.by == by)
}
