import type { Root } from 'protobufjs';

export declare function generateAll(): Map<string, string>;
export declare function loadRoot(): Root;
export declare function staleFiles(): string[];
