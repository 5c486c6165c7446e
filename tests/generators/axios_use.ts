// Uses the client that openapi-generator writes for axios. It is compiled, not run.

import { Configuration, NotificationsApi, type NewNotification } from "./axios";

const api = new NotificationsApi(new Configuration({ basePath: "http://127.0.0.1" }));

export async function remind(user: string): Promise<string[]> {
  const request: NewNotification = { user, title: "Your table", body: "It is ready." };
  const created = await api.addNotifications(request, "table-1");
  const failed = await api.listNotifications(user, undefined, "DELIVERY_FAILURE");
  return [...created.data.items, ...failed.data.items].map((notification) => notification.id);
}

export async function remindAll(users: string[]): Promise<number[]> {
  const items = users.map((user) => ({ user, title: "Your table", body: "It is ready." }));
  const batch = await api.addBatch({ items });
  return batch.data.items.map((item) => item.problem?.status ?? item.status);
}

// @ts-expect-error: the title is a text
export const wrong: NewNotification = { user: "ann", title: 1, body: "It is ready." };
