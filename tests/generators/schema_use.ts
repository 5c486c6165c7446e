// Uses the types that openapi-typescript writes. It is compiled, not run.

import type { components, operations } from "./schema";

type NewNotification = components["schemas"]["NewNotification"];
type Created =
  operations["add_notifications"]["responses"]["201"]["content"]["application/json"];
type Refused =
  operations["add_notifications"]["responses"]["409"]["content"]["application/problem+json"];

export const request: NewNotification = { user: "ann", title: "Your table", body: "It is ready." };

export function ids(created: Created): string[] {
  return created.items.map((notification) => notification.id);
}

export function reason(refused: Refused): string {
  return refused.errors?.map((error) => error.field).join(", ") ?? refused.detail;
}

// @ts-expect-error: the title is a text
export const wrong: NewNotification = { user: "ann", title: 1, body: "It is ready." };
