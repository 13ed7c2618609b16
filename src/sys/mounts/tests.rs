use super::*;

const LIST: &[u8] = b"\
22 27 0:21 / /proc rw,relatime - proc proc rw
24 27 0:6 / /dev rw - devtmpfs devtmpfs rw
26 24 0:24 / /dev/pts rw,relatime shared:3 master:1 - devpts devpts rw
29 26 0:26 / /dev/pts rw,relatime - tmpfs devpts rw
31 27 0:30 / /srv/a\\040b\\134\\012c rw - fuse.sshfs  rw
not a mount at all
40 27 0:31 / /merged rw - overlay overlay rw,lowerdir=/lo\\134:w:rel:/lo2,upperdir=/up\\054x,workdir=/work
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
";

#[test]
fn fields_are_found_past_optional_ones_and_unescaped() {
    let table = Table::parse(LIST);
    assert_eq!(table.iter().count(), 7);
    let odd = table.by_id(MountId(31)).unwrap();
    assert_eq!(odd.point, b"/srv/a b\\\nc");
    assert_eq!(odd.fs_type, "fuse.sshfs");
    assert_eq!(odd.parent, MountId(27));
}

#[test]
fn what_a_file_system_is_mounted_with_is_told_from_what_one_mount_is() {
    let list = b"1 0 0:1 / / ro,relatime - ext4 /dev/vda rw,discard\n\
        2 1 0:2 / /cd rw - iso9660 /dev/sr0 ro,nojoliet\n\
        3 1 0:3 / /f rw - fuse.sshfs x rw,user_id=0,allow_other\n\
        4 1 0:4 / /g rw - fuseblk /dev/vdb rw,default_permissions,allow_other\n";
    let table = Table::parse(list);
    let of = |id| {
        let mount = table.by_id(MountId(id)).unwrap();
        (mount.is_read_only_everywhere, mount.is_judged_by_its_server)
    };
    assert_eq!(
        [1, 2, 3, 4].map(of),
        [(false, false), (true, false), (false, true), (false, false)]
    );
}

#[test]
fn of_mounts_on_each_other_the_topmost_counts() {
    let table = Table::parse(LIST);
    let top = table.on(MountId(24), b"/dev/pts").unwrap();
    assert_eq!((top.id, top.fs_type.as_str()), (MountId(29), "tmpfs"));
    assert_eq!(table.on(MountId(27), b"/dev/pts"), None);
    assert_eq!(table.on(MountId(24), b"/dev/p"), None);
}

#[test]
fn a_ring_of_numbers_ends() {
    let ring = b"5 6 0:1 / /x rw - tmpfs t rw\n6 5 0:1 / /x rw - tmpfs t rw\n";
    assert!(Table::parse(ring).on(MountId(5), b"/x").is_some());
}

#[test]
fn the_layers_of_an_overlay_are_told() {
    let table = Table::parse(LIST);
    let layers = &table.by_id(MountId(40)).unwrap().layers;
    let expected: [&[u8]; 4] = [b"/lo:w", b"/lo2", b"/up,x", b"/work"];
    assert_eq!(*layers, expected);
}

#[test]
fn the_list_of_this_host_holds_the_mount_of_proc() {
    let table = Table::read().unwrap();
    let proc = crate::sys::dir::Dir::open(std::path::Path::new("/proc")).unwrap();
    let mount = table.by_id(MountId::of(&proc).unwrap()).unwrap();
    assert_eq!(mount.fs_type, "proc");
    assert_eq!(mount.point, b"/proc");
}

proptest::proptest! {
    #[test]
    fn no_bytes_make_it_panic(text in proptest::collection::vec(0_u8..128, 0..400)) {
        for mount in Table::parse(&text).iter() {
            proptest::prop_assert!(mount.layers.iter().all(|layer| layer[0] == b'/'));
        }
    }
}
