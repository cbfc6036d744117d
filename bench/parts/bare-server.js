// A fastify server that only returns the bytes of the file in argv[2]. Prints its listening address; exits when stdin closes.
import {readFileSync} from 'node:fs';
import fastify from 'fastify';

const body = readFileSync(process.argv[2]);
const app = fastify();
app.get('/', (_, reply) => {
	reply.header('content-type', 'application/json; charset=utf-8').send(body);
});
console.log(await app.listen({host: '127.0.0.1', port: 0}));
process.stdin.resume().once('end', () => {
	app.server.closeAllConnections();
	app.close();
});
