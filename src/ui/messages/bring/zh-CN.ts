import type { BringMessageKey } from './en.ts';

export const bringZhCN: Readonly<Record<BringMessageKey, string>> = {
  title: '带到节点上的文件',
  going: '正在送往节点：',
  there: '它在节点上的位置：',
  type: '输入这一行',
  dismiss: '知道了',
  kind: '没有接收“{name}”：节点只接收以 {kinds} 结尾、并且前面有名字的文件。',
  fileTooLarge: '没有接收“{name}”：它超过 {max} MiB。这么大的镜像最好从镜像仓库拉取。',
  tooMuch: '没有接收“{name}”：一个会话的日志会保留带来的全部文件，总共最多 {total} MiB。',
  tooMany: '没有接收“{name}”及其后的文件：一次最多 {count} 个。',
  unreadable: '读不了“{name}”：它可能是文件夹。请直接带里面的文件。',
  notTaken: '节点没有收下“{name}”：它关机了，或者磁盘满了。',
  interview: '面试中不能把文件带到节点上。',
  heavy: '带来的内容太多，这个会话只在本标签页中保留：崩溃后无法恢复，保存成的文件也打不开。',
};
