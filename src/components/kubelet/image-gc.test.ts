import { expect, test } from 'vitest';
import { boot } from '../../testing/boot.ts';

test('images go when the disk is full, or when nobody has used them for long, but none in use and not the pause image', async () => {
  const node = await boot({ scenario: 'containerd' });
  const out = async (line: string): Promise<string> => {
    const { stdout, stderr } = await node.run(line);
    return stdout + stderr;
  };
  const images = (): Promise<string> =>
    out("crictl images | awk '{print $1}' | grep -o -e nginx -e redis -e busybox -e pause | tr '\\n' ' '");
  const journal = async (): Promise<string> =>
    (await out('journalctl -u kubelet -o cat | grep -e image_gc -e "Image garbage" | cut -d" " -f5-'))
      .replace(/sha256:[0-9a-f]+/g, 'ID')
      .replace(/\d{7,}/g, 'BYTES')
      .replace(/^ *\d+ /gm, '');
  const configure = (lines: string): Promise<string> =>
    out(
      `sed -i /image/d /var/lib/kubelet/config.yaml; printf '${lines}' >> /var/lib/kubelet/config.yaml; systemctl restart kubelet; sleep 1`,
    );
  await out('kubectl run a --image=busybox -- sleep 9999; crictl pull nginx:alpine; crictl pull redis:7; sleep 3');
  await configure('imageGCHighThresholdPercent: 50\\nimageGCLowThresholdPercent: 40\\n');
  await out('fallocate -l 19G /var/big; sleep 290');
  expect(await images()).toBe('busybox nginx redis pause ');
  // It looks every five minutes. What was there before the kubelet began is old enough at once.
  await out('sleep 10');
  expect(await images()).toBe('busybox pause ');
  // A kubelet that has just begun looks before there are statistics.
  const tooEarly =
    'kubelet.go:1465] "Image garbage collection failed once. Stats initialization may not have completed yet" err="invalid capacity 0 on image filesystem"';
  expect(await journal()).toBe(
    [
      tooEarly,
      tooEarly,
      'image_gc_manager.go:394] "Disk usage on image filesystem is over the high threshold, trying to free bytes down to the low threshold" usage=52 highThreshold=50 amountToFree=BYTES lowThreshold=40',
      'image_gc_manager.go:487] "Removing image to free bytes" imageID="ID" size=BYTES runtimeHandler=""',
      'image_gc_manager.go:487] "Removing image to free bytes" imageID="ID" size=BYTES runtimeHandler=""',
      'kubelet.go:1461] "Image garbage collection failed multiple times in a row" err="Failed to garbage collect required amount of images. Attempted to free BYTES bytes, but only found BYTES bytes eligible to free."',
      '',
    ].join('\n'),
  );
  const events = await out(
    'kubectl get events -o custom-columns=:.reason --no-headers | grep -e Capacity -e Space -e ImageGC',
  );
  expect(events).toBe('InvalidDiskCapacity\nInvalidDiskCapacity\nFreeDiskSpaceFailed\nImageGCFailed\n');
  await out('rm /var/big');
  await configure('imageMaximumGCAge: 6m\\n');
  await out('kubectl run b --image=nginx:alpine --restart=Never; sleep 5; kubectl delete pod b --now; sleep 400');
  // No age counts that is longer than this kubelet runs.
  expect(await images()).toBe('busybox nginx pause ');
  await out('sleep 200');
  expect(await images()).toBe('busybox pause ');
});
