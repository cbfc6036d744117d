import {once} from 'node:events';
import {connect, type Socket} from 'node:net';

/** One HTTP answer, split but not interpreted. */
export interface RawAnswer {
	readonly statusLine: string;
	/** In order, as written. */
	readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
	readonly body: string;
}

/** Splits an answer into status line, headers and the text after the empty line. */
export function parseAnswer(text: string): RawAnswer {
	const [head = '', ...rest] = text.split('\r\n\r\n');
	const [statusLine = '', ...lines] = head.split('\r\n');
	return {
		statusLine,
		headers: lines.map(line => {
			const colon = line.indexOf(':');
			return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
		}),
		body: rest.join('\r\n\r\n'),
	};
}

/** A connection that sends requests one after the other, byte for byte. */
export class RawConnection {
	readonly #socket: Socket;
	#received = '';

	constructor(port: number) {
		this.#socket = connect(port, '127.0.0.1');
		this.#socket.setEncoding('utf8').on('data', (text: string) => {
			this.#received += text;
		});
	}

	/** Posts a body and waits for the whole answer. */
	async post(body: string, headers: readonly string[] = [], path = '/json_rpc'): Promise<RawAnswer> {
		const length = `Content-Length: ${Buffer.byteLength(body)}`;
		this.#socket.write([`POST ${path} HTTP/1.1`, 'Host: 127.0.0.1', length, ...headers, '', body].join('\r\n'));
		for (;;) {
			const answer = this.#takeAnswer();
			if (answer) {
				return answer;
			}

			await once(this.#socket, 'data');
		}
	}

	/** Resolves when the other side has closed the connection. */
	async closed(): Promise<void> {
		if (!this.#socket.closed) {
			await once(this.#socket, 'close');
		}
	}

	destroy(): void {
		this.#socket.destroy();
	}

	#takeAnswer(): RawAnswer | undefined {
		const end = this.#received.indexOf('\r\n\r\n');
		const [, length = '0'] = /\r\nContent-Length: (\d+)\r\n/i.exec(this.#received) ?? [];
		const total = end + 4 + Number(length);
		if (end === -1 || this.#received.length < total) {
			return undefined;
		}

		const answer = parseAnswer(this.#received.slice(0, total));
		this.#received = this.#received.slice(total);
		return answer;
	}
}
