CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigserial NOT NULL,
	"source" text NOT NULL,
	"source_kind" text NOT NULL,
	"fingerprint" text NOT NULL,
	"external_id" text,
	"status" text NOT NULL,
	"title" text NOT NULL,
	"description" text,
	"severity" text,
	"severity_raw" text,
	"kind" text NOT NULL,
	"domain" text,
	"time_basis" text NOT NULL,
	"occurred_at" bigint NOT NULL,
	"received_at" bigint NOT NULL,
	"first_seen" bigint NOT NULL,
	"last_seen" bigint NOT NULL,
	"closed_at" bigint,
	"repeats" integer DEFAULT 1 NOT NULL,
	"entities" jsonb NOT NULL,
	"techniques" jsonb NOT NULL,
	"labels" jsonb NOT NULL,
	"raw" text NOT NULL,
	"verdict" jsonb,
	"judged_at" bigint,
	"incident" text,
	"join" jsonb,
	"placed_at" bigint
);
--> statement-breakpoint
CREATE TABLE "approvals" (
	"id" text PRIMARY KEY NOT NULL,
	"step" text NOT NULL,
	"person" text NOT NULL,
	"roles" jsonb NOT NULL,
	"answer" text NOT NULL,
	"reason" text,
	"binding" text NOT NULL,
	"via" text NOT NULL,
	"at" bigint NOT NULL,
	"expires_at" bigint NOT NULL,
	"withdrawn_at" bigint
);
--> statement-breakpoint
CREATE TABLE "facts" (
	"id" text PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"subject" text NOT NULL,
	"value" jsonb NOT NULL,
	"source" text NOT NULL,
	"supplied_by" text,
	"stated_at" bigint NOT NULL,
	"expires_at" bigint
);
--> statement-breakpoint
CREATE TABLE "freezes" (
	"id" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"reason" text NOT NULL,
	"set_by" text NOT NULL,
	"set_at" bigint NOT NULL,
	"thaw_asked_by" text,
	"thaw_asked_at" bigint,
	"thawed_by" text,
	"thawed_at" bigint
);
--> statement-breakpoint
CREATE TABLE "incidents" (
	"id" text PRIMARY KEY NOT NULL,
	"number" serial NOT NULL,
	"title" text NOT NULL,
	"state" text NOT NULL,
	"severity" text NOT NULL,
	"domain" text NOT NULL,
	"category" text NOT NULL,
	"process_safety" boolean NOT NULL,
	"sites" jsonb NOT NULL,
	"zones" jsonb NOT NULL,
	"assets" jsonb NOT NULL,
	"techniques" jsonb NOT NULL,
	"tactics" jsonb NOT NULL,
	"playbooks" jsonb NOT NULL,
	"confidence_firm" double precision DEFAULT 0 NOT NULL,
	"alert_count" integer NOT NULL,
	"first_at" bigint NOT NULL,
	"last_at" bigint NOT NULL,
	"opened_at" bigint NOT NULL,
	"acknowledged_by" text,
	"resolved_by" text,
	"resolution" text,
	"merged_into" text,
	"advice" jsonb,
	"channel" text,
	"card_ts" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_checkpoints" (
	"size" bigint PRIMARY KEY NOT NULL,
	"root" text NOT NULL,
	"note" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_entries" (
	"id" text PRIMARY KEY NOT NULL,
	"seq" bigserial NOT NULL,
	"kind" text NOT NULL,
	"at" bigint NOT NULL,
	"actor_kind" text NOT NULL,
	"actor_id" text NOT NULL,
	"incident" text,
	"canonical" text NOT NULL,
	"leaf" "bytea" NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_personal" (
	"entry" text NOT NULL,
	"name" text NOT NULL,
	"salt" text NOT NULL,
	"value" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_seals" (
	"idx" bigint PRIMARY KEY NOT NULL,
	"entry" text NOT NULL,
	"entry_seq" bigint NOT NULL,
	CONSTRAINT "ledger_seals_entry_unique" UNIQUE("entry")
);
--> statement-breakpoint
CREATE TABLE "messages" (
	"id" text PRIMARY KEY NOT NULL,
	"key" text NOT NULL,
	"incident" text,
	"channel" text NOT NULL,
	"thread_ts" text,
	"text" text NOT NULL,
	"blocks" jsonb,
	"state" text NOT NULL,
	"ts" text,
	"sent_hash" text,
	"error" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"topic" text NOT NULL,
	"key" text NOT NULL,
	"data" jsonb NOT NULL,
	"due_at" bigint NOT NULL,
	"lease_until" bigint,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_error" text,
	"parked" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "seen_signatures" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "steps" (
	"id" text PRIMARY KEY NOT NULL,
	"incident" text NOT NULL,
	"playbook" text NOT NULL,
	"playbook_version" text NOT NULL,
	"key" text NOT NULL,
	"position" integer NOT NULL,
	"title" text NOT NULL,
	"action" text NOT NULL,
	"target" text,
	"params" jsonb NOT NULL,
	"instructions" text,
	"checklist" jsonb NOT NULL,
	"state" text NOT NULL,
	"decision" jsonb,
	"after" jsonb NOT NULL,
	"requested_by" text NOT NULL,
	"expires_at" bigint,
	"containment_ms" bigint,
	"contained_until" bigint,
	"attempts" integer DEFAULT 0 NOT NULL,
	"outcome" text,
	"created_at" bigint NOT NULL,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unknown_assets" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"value" text NOT NULL,
	"sources" jsonb NOT NULL,
	"first_seen" bigint NOT NULL,
	"last_seen" bigint NOT NULL,
	"times" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "unparsed" (
	"id" text PRIMARY KEY NOT NULL,
	"source" text NOT NULL,
	"source_kind" text NOT NULL,
	"received_at" bigint NOT NULL,
	"raw" text NOT NULL,
	"problems" jsonb NOT NULL,
	"state" text DEFAULT 'new' NOT NULL,
	"repeats" integer DEFAULT 1 NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "alerts_open_condition" ON "alerts" USING btree ("source","fingerprint") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "alerts_condition" ON "alerts" USING btree ("source","fingerprint","seq");--> statement-breakpoint
CREATE INDEX "alerts_incident" ON "alerts" USING btree ("incident");--> statement-breakpoint
CREATE INDEX "alerts_last_seen" ON "alerts" USING btree ("last_seen");--> statement-breakpoint
CREATE INDEX "alerts_seq" ON "alerts" USING btree ("seq");--> statement-breakpoint
CREATE UNIQUE INDEX "approvals_once" ON "approvals" USING btree ("step","person","binding");--> statement-breakpoint
CREATE INDEX "approvals_step" ON "approvals" USING btree ("step");--> statement-breakpoint
CREATE INDEX "facts_subject" ON "facts" USING btree ("name","subject","stated_at");--> statement-breakpoint
CREATE INDEX "incidents_state" ON "incidents" USING btree ("state");--> statement-breakpoint
CREATE UNIQUE INDEX "incidents_number" ON "incidents" USING btree ("number");--> statement-breakpoint
CREATE INDEX "incidents_last" ON "incidents" USING btree ("last_at");--> statement-breakpoint
CREATE INDEX "ledger_entries_incident" ON "ledger_entries" USING btree ("incident");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_entries_seq" ON "ledger_entries" USING btree ("seq");--> statement-breakpoint
CREATE INDEX "ledger_entries_kind" ON "ledger_entries" USING btree ("kind");--> statement-breakpoint
CREATE UNIQUE INDEX "ledger_personal_once" ON "ledger_personal" USING btree ("entry","name");--> statement-breakpoint
CREATE UNIQUE INDEX "messages_key" ON "messages" USING btree ("key");--> statement-breakpoint
CREATE INDEX "messages_incident" ON "messages" USING btree ("incident");--> statement-breakpoint
CREATE UNIQUE INDEX "outbox_waiting" ON "outbox" USING btree ("topic","key") WHERE lease_until IS NULL AND NOT parked;--> statement-breakpoint
CREATE INDEX "outbox_due" ON "outbox" USING btree ("topic","due_at") WHERE NOT parked;--> statement-breakpoint
CREATE UNIQUE INDEX "steps_once" ON "steps" USING btree ("incident","playbook","key","target");--> statement-breakpoint
CREATE INDEX "steps_state" ON "steps" USING btree ("state");--> statement-breakpoint
CREATE UNIQUE INDEX "unparsed_same" ON "unparsed" USING btree ("source","hash");