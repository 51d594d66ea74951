CREATE TABLE "learned_rules" (
	"id" text PRIMARY KEY NOT NULL,
	"incident" text NOT NULL,
	"feedback" text NOT NULL,
	"key" text NOT NULL,
	"state" text NOT NULL,
	"content" jsonb NOT NULL,
	"preview" jsonb,
	"touches_ot" boolean NOT NULL,
	"site" text,
	"zone" text,
	"asked_by" text NOT NULL,
	"asked_at" bigint NOT NULL,
	"holds_ms" bigint NOT NULL,
	"answers" jsonb NOT NULL,
	"applied_at" bigint,
	"expires_at" bigint,
	"ended_by" text,
	"ended_at" bigint,
	"updated_at" bigint NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "learned_rules_open" ON "learned_rules" USING btree ("key") WHERE state = 'proposed';--> statement-breakpoint
CREATE INDEX "learned_rules_force" ON "learned_rules" USING btree ("expires_at") WHERE state = 'applied';--> statement-breakpoint
CREATE INDEX "learned_rules_incident" ON "learned_rules" USING btree ("incident");--> statement-breakpoint
CREATE INDEX "learned_rules_asked" ON "learned_rules" USING btree ("asked_by","asked_at");--> statement-breakpoint
CREATE INDEX "incidents_ended" ON "incidents" USING btree ("category","last_at") WHERE state = 'resolved';--> statement-breakpoint
CREATE INDEX "incidents_ended_assets" ON "incidents" USING gin ("assets") WHERE state = 'resolved';--> statement-breakpoint
CREATE INDEX "incidents_ended_techniques" ON "incidents" USING gin ("techniques") WHERE state = 'resolved';