import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	type Placement,
	parseCgroupPlacement,
	parseConmon,
	parseDockerName,
	parsePodName,
} from '../../../source/adapters/processes/proc-cgroup.js';

const id = '3f4e5a6b7c8d9e0f'.repeat(4);
const user = '/user.slice/user-1000.slice/user@1000.service';
const inEngine = (container_engine: NonNullable<Placement['container_engine']>, container = id): Placement => ({
	container,
	container_engine,
});

const rows: ReadonlyArray<readonly [what: string, cgroup: string, placement: Placement]> = [
	['version 2', '0::/system.slice/monero-wallet@18083.service\n', {unit: 'monero-wallet@18083.service'}],
	[
		'version 1',
		'12:cpu,cpuacct:/\n5:memory:/other.service\n1:name=systemd:/system.slice/wallet.service\n0::/\n',
		{unit: 'wallet.service'},
	],
	['a folder within a service', '0::/system.slice/wallet.service/payload', {unit: 'wallet.service'}],
	['a service of a user', `0::${user}/app.slice/wallet.service`, {unit: 'wallet.service', unit_uid: 1000}],
	['escaped names', '0::/system.slice/system-w.slice/w\\x2dx@a.service', {unit: 'w\\x2dx@a.service'}],
	['a service of another manager', '0::/system.slice/cron.service', {unit: 'cron.service'}],
	['a login', '0::/user.slice/user-1000.slice/session-3.scope', {}],
	['a terminal', `0::${user}/app.slice/vte-spawn-1.scope`, {}],
	['tmux', `0::${user}/tmux-spawn-1-2.scope`, {}],
	['a whole login', `0::${user}/init.scope`, {}],
	['the service manager of a user', `0::${user}`, {}],
	['process 1', '0::/init.scope', {}],
	['Docker, by systemd', `0::/system.slice/docker-${id}.scope`, inEngine('docker')],
	['Docker, cgroupfs', `11:pids:/docker/${id}\n0::/docker/${id}`, inEngine('docker')],
	['Docker, version 1 without systemd', `3:memory:/docker/${id}\n2:cpu:/docker/${id}\n`, inEngine('docker')],
	['a service within Docker', `0::/docker/${id}/system.slice/wallet.service`, inEngine('docker')],
	['rootless Docker', `0::${user}/user.slice/docker-${id}.scope`, {...inEngine('docker'), unit_uid: 1000}],
	['Podman', `0::/machine.slice/libpod-${id}.scope/container`, inEngine('podman')],
	['rootless Podman', `0::${user}/user.slice/libpod-${id}.scope`, {...inEngine('podman'), unit_uid: 1000}],
	[
		'a quadlet',
		`0::/system.slice/wallet.service/libpod-payload-${id}`,
		{unit: 'wallet.service', ...inEngine('podman')},
	],
	[
		'a quadlet of a user',
		`0::${user}/app.slice/wallet.service/libpod-payload-${id}`,
		{unit: 'wallet.service', unit_uid: 1000, ...inEngine('podman')},
	],
	[
		'Kubernetes with containerd',
		`0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-${id}.scope`,
		inEngine('kubernetes'),
	],
	[
		'a Kubernetes pod, by systemd',
		`0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod8a2c0b1e_55d3_4c1f_9d0e_3b7f21a4c6d8.slice/cri-containerd-${id}.scope`,
		{...inEngine('kubernetes'), pod_uid: '8a2c0b1e-55d3-4c1f-9d0e-3b7f21a4c6d8'},
	],
	[
		'a Kubernetes pod, cgroupfs',
		`0::/kubepods/besteffort/pod8a2c0b1e-55d3-4c1f-9d0e-3b7f21a4c6d8/${id}`,
		{...inEngine('kubernetes'), pod_uid: '8a2c0b1e-55d3-4c1f-9d0e-3b7f21a4c6d8'},
	],
	['Kubernetes with CRI-O', `0::/kubepods.slice/crio-${id}.scope`, inEngine('kubernetes')],
	['Kubernetes, cgroupfs', `0::/kubepods/burstable/pod1/${id}`, inEngine('kubernetes')],
	['k3s, in its service', `0::/system.slice/k3s.service/kubepods/pod1/${id}`, inEngine('kubernetes')],
	['nerdctl', `0::/system.slice/nerdctl-${id}.scope`, inEngine('nerdctl')],
	['nspawn', '0::/machine.slice/machine-my\\x2dxmr.scope/payload/system.slice/w.service', inEngine('nspawn', 'my-xmr')],
	['LXC', '0::/lxc.payload.xmr/system.slice/wallet.service', inEngine('lxc', 'xmr')],
	['a virtual machine', '0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt', {}],
	['an id without a known engine', `0::/mine/${id}`, {}],
	['the root', '0::/', {}],
	['nothing', '', {}],
	['control characters', '0::/a\u001B[31m.service', {}],
];

describe('names of containers', () => {
	const conmon = (...args: string[]) =>
		parseConmon(['/usr/bin/conmon', '--api-version', '1', '-c', id, '-u', id, ...args]);

	it('in the command line of a conmon', () => {
		assert.deepEqual(conmon('-r', '/usr/bin/runc', '-n', 'shop_1'), {container: id, name: 'shop_1'});
		assert.deepEqual(conmon('--name=shop'), {container: id, name: 'shop'});
		assert.equal(conmon('-n', 'a\u001B[31m'), undefined);
		assert.equal(conmon(), undefined);
		assert.equal(parseConmon(['sh', '-c', id, '-n', 'shop']), undefined);
	});

	it('in the configuration that docker keeps', () => {
		const config = {ID: id, Config: {Labels: {Name: 'label'}}, Name: '/compose-shop-1', Driver: 'overlay2'};
		assert.equal(parseDockerName(JSON.stringify(config)), 'compose-shop-1');
		assert.equal(parseDockerName('{"Name":"/a\\u001b"}'), undefined);
		assert.equal(parseDockerName(''), undefined);
	});

	it('of a pod, and nothing else of its environment', () => {
		const environ = 'RPC_LOGIN=user:secret\0MY_HOSTNAME=x\0HOSTNAME=shop-0\0HOME=/\0';
		assert.equal(parsePodName(environ, 'node-1'), 'shop-0');
		assert.equal(parsePodName(environ, 'shop-0'), undefined, 'the network of its machine');
		assert.equal(parsePodName('HOSTNAME=not a name\0', 'node-1'), undefined);
		assert.equal(parsePodName('HOSTNAME=cut', 'node-1'), undefined);
	});
});

describe('parsePlacement', () => {
	for (const [what, cgroup, placement] of rows) {
		it(what, () => assert.deepEqual(parseCgroupPlacement(cgroup), placement));
	}

	it('does not report the container that the reader itself runs in', () => {
		const own = `0::/docker/${id}/init.scope`;
		assert.deepEqual(parseCgroupPlacement(`0::/docker/${id}`, own), {});
		const inner = parseCgroupPlacement(`0::/docker/${id}/system.slice/wallet.service`, own);
		assert.deepEqual(inner, {unit: 'wallet.service'});
	});
});
