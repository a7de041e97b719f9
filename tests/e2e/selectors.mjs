// The Workbench's marks for tests.
export const traceRow = '[data-testid=trace-row]';
export const spanRow = '[data-testid=span-row]';
export const spanPanel = '[data-testid=span-panel]';
export const logRow = '[data-testid=log-row]';
export const chart = '[data-testid=metric-chart]';
export const liveToggle = '[data-testid=live-toggle]';
export const emptyState = '[data-testid=empty-state]';
