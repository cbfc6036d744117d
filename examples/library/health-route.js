// A route for the health checks of a shop: 200 while its wallets work, else 503 with the reasons. The function fits node:http and
// Express: app.get('/health/wallets', walletHealth).
import {createServer} from 'node:http';
import {createMonitor} from 'xmrtop';

const monitor = createMonitor();

export async function walletHealth(_request, response) {
	const {working, total, nodes} = await monitor.checkAllNodesStatus('api');
	const broken = nodes.filter(node => !node.status).map(({name, state, reason}) => ({name, state, reason}));
	response.writeHead(working === total ? 200 : 503, {'content-type': 'application/json', 'cache-control': 'no-store'});
	response.end(`${JSON.stringify({working, total, broken})}\n`);
}

const server = createServer(walletHealth).listen(Number(process.env.PORT ?? 8781), '127.0.0.1', () => {
	console.log(`http://127.0.0.1:${server.address().port}/`);
});
process.on('SIGTERM', async () => {
	server.close();
	server.closeIdleConnections();
	await monitor.close();
});
