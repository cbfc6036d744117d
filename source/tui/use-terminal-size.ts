import {useWindowSize} from 'ink';
import {useEffect, useRef} from 'react';

/** Tells when the terminal has another size than before. */
export function useTerminalSize(onResize: () => void): void {
	const {columns, rows} = useWindowSize();
	const known = useRef(`${columns}x${rows}`);
	useEffect(() => {
		const size = `${columns}x${rows}`;
		if (known.current !== size) {
			known.current = size;
			onResize();
		}
	}, [columns, rows, onResize]);
}
