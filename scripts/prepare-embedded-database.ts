/**
 * Makes the empty database that the service brings with it: run it after a new version of PGlite, and commit what it
 * writes. Takes a gigabyte of memory, which is why the service does not do it.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';

const file = path.join(import.meta.dirname, '../server/store/embedded/empty-database.tar.zst');
const database = await PGlite.create();
await database.exec('checkpoint');
const tar = await (await database.dumpDataDir('none')).arrayBuffer();
await database.close();
const packed = zstdCompressSync(Buffer.from(tar), { params: { [constants.ZSTD_c_compressionLevel]: 22 } });
writeFileSync(file, packed);
process.stdout.write(`${file}: ${packed.length} bytes\n`);
