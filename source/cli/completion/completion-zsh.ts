import {type CommandOffer, type CompletionModel, type Offer, typedFlagNames, type Values} from './completion-model.js';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
/** In the format of `_describe`, where a colon separates the word from its description. */
const described = ({word, about}: Offer): string => quoted(`${word.replaceAll(':', '\\:')}:${about}`);

const valuesCall = (values: Values | undefined): string => {
	if (values === undefined || values === 'free') {
		return ':';
	}

	const lookUps = {
		nodes: '_xmrtop_nodes',
		actions: '_xmrtop_named actions',
		hosts: '_xmrtop_named hosts',
		file: '_files',
		folder: '_files -/',
	} as const;
	return typeof values === 'string' ? lookUps[values as keyof typeof lookUps] : `compadd -- ${values.join(' ')}`;
};

const commandCase = ({words, flags, takes}: CommandOffer): string => {
	const offers = flags.flatMap(flag => typedFlagNames(flag).map(word => ({word, about: flag.about})));
	return `\t\t${quoted(words)}) flags=(${offers.map(described).join(' ')}); takes=${quoted(valuesCall(takes))} ;;`;
};

const valueCases = ({words, flags}: CommandOffer): string[] =>
	flags
		.filter(({values}) => values !== undefined && values !== 'free')
		.map(flag => {
			const patterns = typedFlagNames(flag).map(name => quoted(`${words} ${name}`));
			return `\t\t${patterns.join('|')}) ${valuesCall(flag.values)} ;;`;
		});

/** The script for zsh, to be sourced or saved as _xmrtop in a folder of $fpath. */
export const zshScript = ({commandOffers, firstWords, groups, valuedFlags}: CompletionModel): string => `#compdef xmrtop
# Completion of xmrtop for zsh. To load it, after compinit: source <(xmrtop completion zsh)
_xmrtop_nodes() {
	local -a names
	names=(\${\${(f)"$($run nodes list 2>/dev/null)"}[2,-1]})
	names=(\${\${names#* }##[[:space:]]#})
	names=(\${names%%[[:space:]]*})
	compadd -a names
}

_xmrtop_named() {
	local -a names
	names=(\${\${(f)"$($run $1 list 2>/dev/null)"}[2,-1]})
	names=(\${names%%[[:space:]]*})
	compadd -a names
}

_xmrtop() {
	setopt localoptions extendedglob
	local flag='' first='' second='' command word takes=:
	local -a flags run valued firsts
	local -i i count=0
	run=(\${(Q)~words[1]})
	valued=(${valuedFlags.join(' ')})
	firsts=(${firstWords.map(described).join(' ')})
	for ((i = 2; i < CURRENT; i++)); do
		word=$words[i]
		case $word in
		-*)
			(( \${valued[(Ie)$word]} )) || continue
			if ((i + 1 == CURRENT)); then
				flag=$word
				break
			fi
			((i++))
			case $word in
			--config-dir|--state-dir) run+=($word \${(Q)~words[i]}) ;;
			esac
			;;
		*)
			((count++))
			if ((count == 1)); then first=$word; elif ((count == 2)); then second=$word; fi
			;;
		esac
	done
	if [[ -z $flag && $words[CURRENT] == --*=* ]]; then
		flag=\${words[CURRENT]%%=*}
		compset -P '*='
	fi
	if [[ $first == help ]]; then
		first=$second second=
		((count--))
	fi

	command=$first
	case $first in
${groups.map(({word}) => `\t\t${word}) command="$first $second" ;;`).join('\n')}
	esac
	case $command in
${commandOffers.map(commandCase).join('\n')}
		*) case $first in
${groups.map(({word, offers}) => `\t\t${word}) flags=(${offers.map(described).join(' ')}); _describe command flags; return ;;`).join('\n')}
		*) command='' takes=_xmrtop_nodes ;;
		esac ;;
	esac

	if [[ -n $flag ]]; then
		case "$command $flag" in
${commandOffers.flatMap(valueCases).join('\n')}
		esac
	elif [[ $words[CURRENT] == -* ]]; then
		_describe flag flags
	else
		((count == 0)) && _describe command firsts
		[[ $command == run ]] && ((count > 1)) && takes=_xmrtop_nodes
		\${=takes}
	fi
}

if [[ $funcstack[1] == _xmrtop ]]; then
	_xmrtop "$@"
else
	compdef _xmrtop xmrtop
fi
`;
