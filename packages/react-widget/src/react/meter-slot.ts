/** Named elements of the widget: the values of `data-kt`. */
export type MeterSlot =
  | 'root'
  | 'trigger'
  | 'value'
  | 'cost'
  | 'bar'
  | 'meta'
  | 'panel'
  | 'heading'
  | 'row'
  | 'days'
  | 'footer'
  | 'refresh';

/** Attributes of a slot. */
export type SlotAttributes = (slot: MeterSlot) => { readonly 'data-kt': MeterSlot; readonly className?: string };

export function slotAttributes(classNames: { readonly [Slot in MeterSlot]?: string } = {}): SlotAttributes {
  return (slot) => {
    const className = classNames[slot];
    return { 'data-kt': slot, ...(className !== undefined && { className }) };
  };
}
