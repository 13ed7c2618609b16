#!/usr/bin/fish
# Completes three command lines with the script in the first argument.
source $argv[1]; or exit 1

function completes
    complete --do-complete $argv[1] | string split -f 1 \t | string match -q -- $argv[2]
    or begin
        echo "not completed: $argv[1]"
        exit 1
    end
end

completes 'sockctl au' audit
completes 'sockctl audit --fail' --fail-on
completes 'sockctl policy ex' explain
