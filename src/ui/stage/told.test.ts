import { expect, test } from 'vitest';
import { summarise } from '../../projections/command-summary.ts';
import { History } from '../../projections/history.ts';
import { TraceIndex } from '../../projections/trace-index.ts';
import { boot } from '../../testing/boot.ts';
import { translator } from '../messages/catalogue.ts';
import { en } from '../messages/en.ts';
import { zhCN } from '../messages/zh-CN.ts';
import { toldWords } from './told.ts';

/** What is said of the last line, pids aside. */
test('on a Kubernetes node: what came of a line, the way of an exec, and a restart', { timeout: 120_000 }, async () => {
  const { machine, run } = await boot({ scenario: 'containerd', seed: 7 });
  const history = new History();
  const index = new TraceIndex();
  const told = async (line: string, catalogue: typeof en | typeof zhCN = en, lengthMax?: number): Promise<string> => {
    await run(line);
    // Others go on after the line has ended.
    await machine.advance({ horizon: machine.now + 15_000_000_000 });
    const fresh = machine.trace.since(history.length);
    history.append(fresh);
    index.append(fresh);
    const command = index.commands.at(-1);
    if (command === undefined) throw new Error(line);
    const text = toldWords(
      translator(catalogue),
      summarise(history.events, command, index, history.live),
      command.exitCode,
      lengthMax,
    );
    return text.replace(/ \d{3,}\b/g, ' PID');
  };
  expect(await told('kubectl run web --image=nginx:alpine')).toBe(
    'Exit code 0. kubectl → kube-apiserver → etcd. Since then: pod web: containerd-shim-runc-v2 PID, pause PID, nginx ×3 running.',
  );
  expect(await told('kubectl exec web -- sleep 1')).toBe(
    'Exit code 0. kubectl → kube-apiserver → kubelet → containerd → containerd-shim-runc-v2 → runc → sleep. runc exited.',
  );
  expect(await told('kill -9 $(pidof nginx)')).toBe(
    'Exit code 0. Container web of pod web exited (SIGKILL). kubelet restarted it (attempt 1): nginx ×3 running.',
  );
  // The shorter, the fewer sentences, each of them whole.
  expect(await told('kubectl run crash --image=busybox -- sh -c "exit 3"', en, 160)).toBe(
    'Exit code 0. Container crash of pod crash exited (exit code 3). kubelet restarted it (attempt 2), and it exited again (exit code 3).',
  );
  expect(await told('kill -9 $(pidof nginx)', zhCN)).toBe(
    '退出码 0。Pod web 的容器 web 已退出（SIGKILL）。kubelet 重启了它（attempt 2）：nginx ×3 运行中。',
  );
});
