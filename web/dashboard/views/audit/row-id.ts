/** The element in the list that shows an entry, to give it the focus back. */
export const rowId = (requestId: string): string => `entry-${requestId}`;
