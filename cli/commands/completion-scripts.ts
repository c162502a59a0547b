/**
 * The scripts that connect shells with `weir complete`. It prints a line for each candidate, with a tab before its
 * description, and a last line: `:0` if file names may come, too, otherwise `:4` (as the programs of cobra do).
 */

const bash = `# Completion of weir in bash.
_weir() {
    local line files=4
    COMPREPLY=()
    while IFS= read -r line; do
        case "$line" in
            :*) files="\${line#:}" ;;
            *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
        esac
    done < <(weir complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # Without candidates, bash completes the names of files.
    [[ "$files" == 0 ]] || compopt +o default
}
complete -o default -F _weir weir
`;

const zsh = `#compdef weir
# Completion of weir in zsh.
_weir() {
    local line files=4
    local -a candidates
    for line in "\${(@f)$(weir complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        case "$line" in
            :*) files="\${line#:}" ;;
            *) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
        esac
    done
    (( \${#candidates} )) && _describe 'weir' candidates
    [[ "$files" == 0 ]] && _files
    return 0
}
# As a file in fpath it is the function itself.
if [[ "\${funcstack[1]}" == _weir ]]; then _weir "$@"; else compdef _weir weir; fi
`;

const fish = `# Completion of weir in fish.
function __weir_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in (weir complete -- $words[2..] 2>/dev/null)
        switch $line
            case ':0'
                __fish_complete_path (commandline -ct)
            case ':*'
            case '*'
                echo $line
        end
    end
end
complete -c weir -f -a '(__weir_complete)'
`;

export const scripts = { bash, zsh, fish } as const;
