CREATE TABLE "source_states" (
	"id" text PRIMARY KEY NOT NULL,
	"source_kind" text NOT NULL,
	"last_heard" bigint,
	"first_alert" bigint,
	"first_problems" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"observers" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"carries_safety" boolean DEFAULT false NOT NULL,
	"silent_since" bigint
);
--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "turns" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "alerts" ADD COLUMN "flapping" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "alerts_flapping" ON "alerts" USING btree ("incident") WHERE flapping;