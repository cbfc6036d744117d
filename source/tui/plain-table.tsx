import {Box, Text} from 'ink';
import inkTable from 'ink-table';
import {createContext, type ReactNode, use} from 'react';
import {drawableText, LookContext, type Style, textProps} from './theme.js';

/** A short table whose texts fit: every row is one line. */
export interface TableData {
	/** From left to right; what a title begins or ends with stands in every cell as well. */
	readonly titles: readonly string[];
	/** The cells by their titles. */
	readonly rows: readonly Readonly<Record<string, string>>[];
	/** How a cell looks, by its text. Others look plain. */
	readonly styles: ReadonlyMap<string, Style>;
}

/** Lines a table takes. */
export const plainTableHeight = ({rows}: TableData): number => rows.length + 1;

/** Columns that ink-table adds to the widest text of each column, and columns in front of the first. */
export const cellPadding = 2;
export const tableMargin = 2;

const Table = inkTable.default;
const StylesContext = createContext<Pick<TableData, 'styles' | 'titles'>>({styles: new Map(), titles: []});

/** A table by ink-table without its rules. */
export function PlainTable({data, margin = tableMargin}: {readonly data: TableData; readonly margin?: number}) {
	return (
		<StylesContext value={data}>
			<Box marginLeft={margin} flexShrink={0}>
				<Table
					data={[...data.rows]}
					columns={[...data.titles]}
					header={TableTitle}
					cell={TableCell}
					skeleton={NoRule}
				/>
			</Box>
		</StylesContext>
	);
}

function TableTitle({children}: {readonly children?: ReactNode}) {
	return <Text dimColor>{children}</Text>;
}

function TableCell({column, children}: {readonly column: number; readonly children?: ReactNode}) {
	const look = use(LookContext);
	const {styles, titles} = use(StylesContext);
	const text = String(children);
	// ink-table fills cells by the number of characters, which is not their width: the last one is not filled.
	const isLast = column > 0 && column === titles.length - 1;
	return (
		<Text wrap="truncate-end" {...textProps(styles.get(text.trim()), look)}>
			{drawableText(isLast ? text.trimEnd() : text, look)}
		</Text>
	);
}

function NoRule() {
	return null;
}
