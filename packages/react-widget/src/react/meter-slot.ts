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
