import type {CompletionModel, Offer, Values} from './completion-model.js';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

const valuesFlags = (values: Values | undefined): string => {
	if (values === undefined) {
		return '';
	}

	const lookUps = {
		nodes: " -x -a '(__xmrtop_nodes)'",
		actions: " -x -a '(__xmrtop_actions)'",
		hosts: " -x -a '(__xmrtop_hosts)'",
		file: ' -r -F',
		folder: " -x -a '(__fish_complete_directories)'",
		free: ' -x',
	} as const;
	return typeof values === 'string' ? lookUps[values] : ` -x -a ${quoted(values.join(' '))}`;
};

const offerLine = (condition: string, {word, about}: Offer): string =>
	`complete -c xmrtop -n ${quoted(condition)} -a ${quoted(word)} -d ${quoted(about)}`;

const lines = ({commandOffers, firstWords, groups}: CompletionModel): string[] => [
	...firstWords.map(offer => offerLine('__xmrtop_begins', offer)),
	...groups.flatMap(({word, offers}) => offers.map(offer => offerLine(`__xmrtop_command_is '${word}'`, offer))),
	...commandOffers.flatMap(({words, flags, takes}) => {
		const condition = quoted(`__xmrtop_command_is '${words}'`);
		const argumentsFlags = valuesFlags(takes).replace(' -x', '').replace(' -r', '');
		return [
			...(takes === undefined ? [] : [`complete -c xmrtop -n ${condition}${argumentsFlags}`]),
			...flags.map(
				({long, short, about, values}) =>
					`complete -c xmrtop -n ${condition} -l ${long}${short === undefined ? '' : ` -s ${short}`} -d ${quoted(about)}${valuesFlags(values)}`,
			),
		];
	}),
];

/** The script for fish 3 and later. */
export const fishScript = (
	model: CompletionModel,
): string => `# Completion of xmrtop for fish. To load it: xmrtop completion fish | source
# The words typed so far that are neither flags nor their values, without a leading help.
function __xmrtop_words
	set -l tokens (commandline -opc)
	set -l skip 0
	test "$tokens[2]" = help; and set -e tokens[2]
	for token in $tokens[2..-1]
		if test $skip = 1
			set skip 0
		else if contains -- $token ${model.valuedFlags.join(' ')}
			set skip 1
		else if not string match -q -- '-*' $token
			echo $token
		end
	end
end

function __xmrtop_begins
	test (count (__xmrtop_words)) = 0
end

function __xmrtop_command_is
	set -l words (__xmrtop_words)
	set -l command "$words[1]"
	switch "$command"
		case ${model.groups.map(({word}) => word).join(' ')}
			set -q words[2]; and set command "$words[1] $words[2]"
		case ${model.firstWords.map(({word}) => word).join(' ')}
		case '*'
			set command ''
	end
	test "$command" = "$argv[1]"
end

function __xmrtop_run
	set -l tokens (commandline -opc)
	set -l run $tokens[1]
	set -l folder ''
	for token in $tokens[2..-1]
		if test -n "$folder"
			set -a run $folder $token
			set folder ''
		else if contains -- $token --config-dir --state-dir
			set folder $token
		end
	end
	$run $argv 2>/dev/null
end

function __xmrtop_nodes
	__xmrtop_run nodes list | string replace -r -f '^\\d+\\s+(\\S+).*' '$1'
end

# What run takes first is an action; its second word is a node.
function __xmrtop_actions
	set -l words (__xmrtop_words)
	if test "$words[1]" = run; and test (count $words) -gt 1
		__xmrtop_nodes
	else
		__xmrtop_run actions list | tail -n +2 | string replace -r '\\s.*' ''
	end
end

function __xmrtop_hosts
	__xmrtop_run hosts list | tail -n +2 | string replace -r '\\s.*' ''
end

complete -c xmrtop -e
complete -c xmrtop -f
${lines(model).join('\n')}
`;
