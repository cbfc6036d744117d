import {once} from 'node:events';
import net, {type Socket} from 'node:net';

const greeting = Buffer.concat([
	Buffer.from('ff00000000000000017f0300', 'hex'),
	Buffer.from('NULL'.padEnd(20, '\0'), 'latin1'),
	Buffer.alloc(32),
]);

/** Sends one request to a ZMQ server (ZMTP 3.0, no security, REQ). @returns the last frame of the answer */
export async function requestByZmq(port: number, message: string, timeoutMs = 10_000): Promise<string> {
	const socket = net.connect(port, '127.0.0.1');
	socket.setTimeout(timeoutMs, () => socket.destroy(new Error('no answer by ZMQ')));
	try {
		const read = createReader(socket);
		socket.write(greeting);
		await read(greeting.length);
		socket.write(frame(0x04, Buffer.concat([Buffer.from('\x05READY'), property('Socket-Type', 'REQ')])));
		await readFrame(read);
		socket.write(Buffer.concat([frame(0x01, Buffer.alloc(0)), frame(0x00, Buffer.from(message))]));
		for (;;) {
			const {hasMore, body} = await readFrame(read);
			if (!hasMore) {
				return body.toString();
			}
		}
	} finally {
		socket.destroy();
	}
}

function property(name: string, value: string): Buffer {
	const length = Buffer.alloc(4);
	length.writeUInt32BE(value.length);
	return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), length, Buffer.from(value)]);
}

const frame = (flags: number, body: Buffer): Buffer => Buffer.concat([Buffer.from([flags, body.length]), body]);

type Read = (length: number) => Promise<Buffer>;

function createReader(socket: Socket): Read {
	let bytes = Buffer.alloc(0);
	let failure: Error | undefined;
	socket.on('data', chunk => {
		bytes = Buffer.concat([bytes, chunk]);
	});
	socket.on('error', error => {
		failure = error;
	});
	return async length => {
		while (bytes.length < length) {
			if (failure ?? socket.destroyed) {
				throw failure ?? new Error('closed by the server of ZMQ');
			}

			await Promise.race([once(socket, 'data'), once(socket, 'close')]);
		}

		const taken = bytes.subarray(0, length);
		bytes = bytes.subarray(length);
		return taken;
	};
}

async function readFrame(read: Read): Promise<{readonly hasMore: boolean; readonly body: Buffer}> {
	const flags = (await read(1))[0] ?? 0;
	const isLong = (flags & 2) !== 0;
	const length = isLong ? Number((await read(8)).readBigUInt64BE()) : ((await read(1))[0] ?? 0);
	return {hasMore: (flags & 1) !== 0, body: await read(length)};
}
