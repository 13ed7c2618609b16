# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_sockctl_global_optspecs
    string join \n p/policy= no-builtin trust-policy n/dry-run f/format= o/output= color= q/quiet v/verbose log-format= h/help V/version
end

function __fish_sockctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_sockctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_sockctl_using_subcommand
    set -l cmd (__fish_sockctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c sockctl -n "__fish_sockctl_needs_command" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_needs_command" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_needs_command" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_needs_command" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_needs_command" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_needs_command" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_needs_command" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_needs_command" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_needs_command" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_needs_command" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_needs_command" -s V -l version -d 'Print version'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "audit" -d 'Hold every socket against the policy'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "list" -d 'Show every socket: type, state, mode, owner, queue, listener, path'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "access" -d 'Say who may connect to a socket, and who may replace it'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "probe" -d 'Test whether sockets are live, as a client would.'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "create" -d 'Make a socket file that is right from birth'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "chmod" -d 'Set the mode of socket files'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "chown" -d 'Set the user and the group of socket files'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "clean" -d 'Remove socket files that are stale, and only those'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "apply" -d 'Mend what an audit finds'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "wrap" -d 'Run a command on sockets that are right from birth, with no more rights than it needs'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "policy" -d 'Read, explain and test policies'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "explain" -d 'Say what a finding means, why it matters, and how to mend it'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "completions" -d 'Print the completions for a shell'
complete -c sockctl -n "__fish_sockctl_needs_command" -f -a "man" -d 'Print the manual page sockctl(1), or write all pages below a directory'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l fail-on -d 'Exit with 1 when a finding is at least this severe' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l exclude -d 'Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l jobs -d 'Look at N places at a time [default: as many as there are processors]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l baseline -d 'Report only what is new against an earlier report of -f json' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l abstract -d 'Judge the abstract sockets of this network namespace too'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l one-file-system -d 'Do not enter other file systems'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l holders -d 'Name the processes that hold each socket, also where no policy asks for them'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l summary -d 'Print the counts and the verdict only'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l allow-unreadable -d 'Do not fail because of places that could not be looked at'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand audit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l exclude -d 'Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l jobs -d 'Look at N places at a time [default: as many as there are processors]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l abstract -d 'Show abstract sockets too'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l all-netns -d 'Ask every network namespace of this host'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l no-holders -d 'Do not look for the processes'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l one-file-system -d 'Do not enter other file systems'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l user -d 'Answer for this user, by name or number; may be repeated' -r -f -a "(__fish_complete_users)"
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l pid -d 'Answer for a process that runs, with its groups and capabilities, and where the path leads it' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand access" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l wait -d 'Test until live, at most that long [default: without end]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l timeout -d 'How long one test may take' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l type -d 'Only this type will do [default: whatever the server takes]' -r -f -a "stream\t''
dgram\t''
seqpacket\t''"
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l http -d 'Send an HTTP GET for PATH and hold the status of the answer against --expect-status' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l expect-status -d 'Which statuses are good: 200, 2xx, 200-204, several with commas [default: 2xx,3xx]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l send -d 'Send this first; \\n, \\r, \\t, \\0, \\\\ and \\xNN stand for bytes' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l expect -d 'Wait for an answer that this regular expression matches' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l count -d 'Test N times, and show latencies' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l interval -d 'From the beginning of one test to that of the next [default: 1s]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l jobs -d 'Test N addresses at a time [default: as many as make sense]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l silent -d 'Leave no trace at the server: no entry in its queue, nothing to accept'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l type -d 'stream, dgram or seqpacket [default: the policy\'s, else stream]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l mode -d 'Its permission bits [default: the policy\'s, else 0600]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l owner -d 'Its user, its group, or both [default: the policy\'s, else as the kernel makes it]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l parents -d 'Make missing directories too, the last one of this mode [default: the policy\'s, else 0755]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l replace-stale -d 'Remove a file first to which nothing is bound'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l if-absent -d 'Leave a socket file that is there as it is; with --replace-stale one that is in use'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l hold -d 'Keep it listening, accept and close; end and remove it on TERM, INT or HUP'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l force -d 'Make it even if the policy has it otherwise, or everybody could replace it'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l from-policy -d 'Take the mode from the policy; what already is within a max-mode stays as it is'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l force -d 'Set it even if it is wider than the policy allows, or if the file has several names'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s R -l recursive -d 'Change every socket file below a directory, and pass over everything else'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand chmod" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l from-policy -d 'Take the owner from the policy: of several, the first that can be had'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l force -d 'Set it even if the policy says otherwise, or if the file has several names'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s R -l recursive -d 'Change every socket file below a directory, and pass over everything else'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand chown" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -l older-than -d 'Only what nobody has touched for that long: 30m, 12h, 7d' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s R -l recursive -d 'Clean everything below a directory; what is live there stays'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand clean" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l only -d 'What to mend [default: mode,owner,acl]' -r -f -a "mode\t'Its permission bits'
owner\t'Its user and group'
acl\t'Its ACL, where the policy forbids one'
stale\t'The file itself, where nothing is bound to it'"
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l fail-on -d 'Exit with 1 when a finding that is left is at least this severe' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l exclude -d 'Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l jobs -d 'Look at N places at a time [default: as many as there are processors]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l builtin-too -d 'Act upon the rules inside the program too'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l one-file-system -d 'Do not enter other file systems'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l allow-unreadable -d 'Do not fail because of places that could not be looked at'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l listen -d 'Make a socket and pass it on, from descriptor 3; may be repeated' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l expect -d 'The command binds this path itself; may be repeated' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l on-violation -d 'What to do about findings of severity high and above of its sockets, and about access-missing from medium on' -r -f -a "refuse\t'Stop the command (77) before it counts as ready; afterwards log it'
fix\t'Mend it, and log it'
log\t'Log it'
stop\t'Stop the command (77), afterwards too'"
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l user -d 'Who to be, by name or number; a number without an entry needs a group' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l groups -d 'Exactly these supplementary groups; \'\' for none' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l keep-caps -d 'Capabilities to keep in all five sets, or all; all others go, from the bounding set too' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l umask -d 'Its umask [default: as inherited with sockets that are passed on, else 0077]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l chdir -d 'Run it in this directory' -r -f -a "(__fish_complete_directories)"
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l env -d 'Set a variable of its environment; may be repeated' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l rlimit -d 'Set a limit: RESOURCE=LIMIT, or =SOFT:HARD, as in nofile=65536; may be repeated' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l pass-fd -d 'Leave this descriptor open for it; all others from 3 on are closed; may be repeated' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l stop-signal -d 'What asks the command to end when this process is asked to, by name or number [default: TERM]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l stop-timeout -d 'How long it may take to end; then all that is left of its process group is killed' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l ready -d 'When the command counts as ready: now, notify, listen, connect, http:PATH or delay:DURATION [default: now with sockets that are passed on, else listen]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l ready-timeout -d 'How long that may take; then it is stopped, and the exit status is 125 [default: 30s]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l exec -d 'Become the command: nothing stays resident, and nothing is removed at the end'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l keep -d 'Leave socket files where they are at the end'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l init-groups -d 'The supplementary groups of the user [default]'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l keep-bounding -d 'Leave the bounding set as it is, for a command whose children need it'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l allow-new-privs -d 'Do not set no_new_privs, so that what it executes may have more rights'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l clear-env -d 'Leave out what it would inherit of the environment, but not what a service manager says'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l explain -d 'Show the whole plan, step by step, and who the command would be; as --dry-run'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand wrap" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "check" -d 'Read policies as strictly as can be, and say everything that is wrong with them'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "explain" -d 'Say which rules match a path, and which rule each effective key came from'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "show" -d 'Print a policy that is inside the program'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "list" -d 'List the policies that are inside the program'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "init" -d 'Write a policy that describes the sockets there now'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "test" -d 'Run the tests that stand in policies'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and not __fish_seen_subcommand_from check explain show list init test schema" -f -a "schema" -d 'Print the JSON Schema of a policy file, for editors'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l exclude -d 'Leave out what GLOB matches: the path, as given or real, or the name where GLOB has no slash' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l jobs -d 'Look at N places at a time [default: as many as there are processors]' -r
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l abstract -d 'Describe the abstract sockets of this network namespace too'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l no-holders -d 'Do not look for the processes, and say nothing of who listens'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l one-file-system -d 'Do not enter other file systems'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand policy; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s p -l policy -d 'A policy file, a directory of *.yaml, or builtin:NAME; may be repeated, later ones win' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s f -l format -d 'How to print results [default: human]' -r -f -a "human\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'
sarif\t'SARIF 2.1.0, for code scanning (audit)'
junit\t'JUnit XML, for CI servers (audit)'
prometheus\t'Metrics, for a textfile collector (audit)'
nagios\t'A line and an exit status as monitoring plugins have them (audit)'"
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s o -l output -d 'Write results to FILE, which is there when it is whole, and not to standard output' -r -F
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -l color -d 'When to colour [default: auto]' -r -f -a "auto\t'On a terminal, unless NO_COLOR is set; with CLICOLOR_FORCE everywhere'
always\t'Always'
never\t'Never'"
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -l log-format -d 'How to write diagnostics on stderr [default: text]' -r -f -a "text\t'For people'
json\t'One JSON object a line'"
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -l no-builtin -d 'Leave builtin:default out'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -l trust-policy -d 'Take policy files that others than root can write to'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s n -l dry-run -d 'Say what would be changed, and change nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s q -l quiet -d 'Say less on stderr; twice: nothing'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s v -l verbose -d 'Say more on stderr, and show waived findings; may be repeated'
complete -c sockctl -n "__fish_sockctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
