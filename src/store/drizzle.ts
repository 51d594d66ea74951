// The one place where drizzle-orm is loaded. By `require`: as ES modules it costs 1.1 s and 230 MB at start, this way 0.1 s and 30 MB
// (docs/decisions/0004-drizzle-by-require.md).
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
// The casts only name the module that is loaded: `require` itself is untyped.
const orm = load('drizzle-orm') as typeof import('drizzle-orm');
const core = load('drizzle-orm/pg-core') as typeof import('drizzle-orm/pg-core');
const driver = load('drizzle-orm/postgres-js') as typeof import('drizzle-orm/postgres-js');
const migrator = load('drizzle-orm/postgres-js/migrator') as typeof import('drizzle-orm/postgres-js/migrator');

export const { and, asc, desc, eq, gt, gte, inArray, isNotNull, isNull, lt, lte, ne, or, sql, getTableColumns } = orm;
export const {
	bigint,
	bigserial,
	boolean,
	customType,
	doublePrecision,
	index,
	integer,
	jsonb,
	pgTable,
	serial,
	text,
	uniqueIndex,
	primaryKey,
} = core;
export const { drizzle } = driver;
export const { migrate } = migrator;
