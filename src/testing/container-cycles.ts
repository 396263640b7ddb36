/** Pods and containers started and removed, each in one of the ways in which they end. */
import type { BootedNode } from './boot.ts';

const POD = '{"metadata":{"name":"p","namespace":"default","uid":"u"},"linux":{}}';
const CONTAINER =
  '{"metadata":{"name":"c"},"image":{"image":"busybox"},"command":["sh","-c","sleep 600 & wait"],"linux":{}}';
const ENDS = [
  'crictl stop -t 0 $CTR; crictl rm $CTR',
  'crictl exec $CTR true; crictl rm -f $CTR',
  'kill -9 $(pgrep -x sleep | head -1); crictl rm -f $CTR',
  'kill -9 $(crictl inspect -o go-template --template "{{.info.pid}}" $CTR); crictl rm -f $CTR',
];

export async function cycleContainers(node: BootedNode, count: number): Promise<void> {
  await node.run(`echo '${POD}' > pod.json; echo '${CONTAINER}' > ctr.json; crictl pull busybox`);
  for (let i = 0; i < count; i++) {
    const started = await node.run(
      'POD=$(crictl runp pod.json); CTR=$(crictl create $POD ctr.json pod.json); crictl start $CTR',
    );
    if (started.exitCode !== 0) throw new Error(started.stderr);
    await node.run(`${ENDS[i % ENDS.length]}; crictl stopp $POD; crictl rmp -f $POD`);
  }
  const left = await node.run('sleep 5; crictl pods -q; crictl ps -aq');
  if (left.stdout !== '') throw new Error(`not removed: ${left.stdout}`);
}
