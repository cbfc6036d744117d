import {type CommandOffer, type CompletionModel, typedFlagNames, type Values} from './completion-model.js';

const typed = ({flags}: CommandOffer): string => flags.flatMap(typedFlagNames).join(' ');

/** Values that the shell functions below look up, such as node names, are marked with a colon. */
const valuesText = (values: Values | undefined): string =>
	values === undefined || values === 'free' ? '' : typeof values === 'string' ? `:${values}` : values.join(' ');

const commandCase = (offer: CommandOffer): string =>
	`\t\t'${offer.words}') flags='${typed(offer)}' takes='${valuesText(offer.takes)}' ;;`;
const groupCase = ({word, offers}: CompletionModel['groups'][number]): string =>
	`\t\t${word}) takes='${offers.map(offer => offer.word).join(' ')}' flags='--help' ;;`;
const valueCases = ({words, flags}: CommandOffer): string[] =>
	flags
		.filter(({values}) => values !== undefined && values !== 'free')
		.map(flag => {
			const patterns = typedFlagNames(flag).map(name => `'${words} ${name}'`);
			return `\t\t${patterns.join('|')}) offered='${valuesText(flag.values)}' ;;`;
		});

/** The script for bash 3.2 and later. It does not need the package bash-completion. */
export const bashScript = ({
	commandOffers,
	firstWords,
	groups,
	valuedFlags,
}: CompletionModel): string => `# Completion of xmrtop for bash. To load it: source <(xmrtop completion bash)
_xmrtop_nodes() {
	local id name rest
	"$@" nodes list 2>/dev/null | while read -r id name rest; do
		[ "$id" = ID ] || printf '%s\\n' "$name"
	done
}

_xmrtop_named() {
	local what="$1" name rest
	shift
	"$@" "$what" list 2>/dev/null | {
		read -r name rest
		while read -r name rest; do
			printf '%s\\n' "$name"
		done
	}
}

_xmrtop() {
	local cur="\${COMP_WORDS[COMP_CWORD]}" flag='' first='' second='' count=0 i word command flags='' takes='' offered
	local IFS=$' \\t\\n' valued=' ${valuedFlags.join(' ')} '
	local run=("\${COMP_WORDS[0]/#\\~/$HOME}")
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word="\${COMP_WORDS[i]}"
		case "$word" in
		-*)
			flag=''
			[[ $valued == *" $word "* ]] || continue
			if [ "\${COMP_WORDS[i + 1]}" = = ] && ((i + 1 <= COMP_CWORD)); then
				((i++))
			fi
			if ((i + 1 >= COMP_CWORD)); then
				flag="$word"
				break
			fi
			((i++))
			case "$word" in
			--config-dir | --state-dir) run+=("$word" "\${COMP_WORDS[i]/#\\~/$HOME}") ;;
			esac
			;;
		*)
			count=$((count + 1))
			if ((count == 1)); then first="$word"; elif ((count == 2)); then second="$word"; fi
			;;
		esac
	done
	[ "$cur" = = ] && cur=''
	if [ "$first" = help ]; then
		first="$second" second=''
		count=$((count - 1))
	fi

	command="$first"
	case "$first" in
${groups.map(({word}) => `\t\t${word}) command="$first $second" ;;`).join('\n')}
	esac
	case "$command" in
${commandOffers.map(commandCase).join('\n')}
		*) case "$first" in
${groups.map(groupCase).join('\n')}
		*) command='' flags='${typed(commandOffers[0] as CommandOffer)}' takes=:nodes ;;
		esac ;;
	esac
	if ((count == 0)); then
		takes=':first'
	elif [ "$command" = run ] && ((count > 1)); then
		takes=':nodes'
	fi

	if [ -n "$flag" ]; then
		offered=''
		case "$command $flag" in
${commandOffers.flatMap(valueCases).join('\n')}
		esac
	elif [[ $cur == -* ]]; then
		offered="$flags"
	else
		offered="$takes"
	fi

	case "$offered" in
		:first) offered="${firstWords.map(({word}) => word).join(' ')} $(_xmrtop_nodes "\${run[@]}")" ;;
		:nodes) offered="$(_xmrtop_nodes "\${run[@]}")" ;;
		:actions) offered="$(_xmrtop_named actions "\${run[@]}")" ;;
		:hosts) offered="$(_xmrtop_named hosts "\${run[@]}")" ;;
		:file | :folder)
			compopt -o filenames 2>/dev/null
			local kind=-f
			[ "$offered" = :folder ] && kind=-d
			IFS=$'\\n'
			COMPREPLY=($(compgen $kind -- "$cur"))
			return
			;;
	esac
	COMPREPLY=($(compgen -W "$offered" -- "$cur"))
}

complete -F _xmrtop xmrtop
`;
