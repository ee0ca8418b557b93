// One record in the two spellings that the reference gives it: camelCase, numbers and text in JSON; PascalCase, enum
// names, decimals as text and timestamps in MessagePack. The driver's own requests and responses use the JSON spelling.

const SEVERITIES = ["Info", "Warning", "Critical"];

const rename = (record, spell) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [spell(name[0]) + name.slice(1), value]));
const pascal = (record) => rename(record, (letter) => letter.toUpperCase());
const camel = (record) => rename(record, (letter) => letter.toLowerCase());

export function orderToWire(order, binary) {
  if (!binary) {
    return order;
  }
  return pascal({
    ...order,
    total: String(order.total),
    placedAt: new Date(order.placedAt),
    severity: SEVERITIES[order.severity],
    items: order.items.map(pascal),
  });
}

export function orderFromWire(order, binary) {
  if (!binary) {
    return order;
  }
  const fields = camel(order);
  return {
    ...fields,
    total: Number(fields.total),
    placedAt: fields.placedAt.toISOString(),
    severity: SEVERITIES.indexOf(fields.severity),
    items: fields.items.map(camel),
  };
}
