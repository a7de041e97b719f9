/* types: the API's answers, as the program's OpenAPI document describes them. */

export type Status = 'success' | 'error' | 'running' | 'lost';
export type HandlerType = 'api' | 'event' | 'cron' | 'websocket';
export type Level = 'TRACE' | 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };
export type Attributes = Record<string, Value>;

export interface TraceItem {
	trace_id: string;
	name: string;
	handler_name: string | null;
	handler_type: HandlerType | null;
	language: string | null;
	status: Status;
	start_time: string;
	end_time: string;
	duration_ms: number;
	span_count: number;
	error_count: number;
	services: string[];
	complete: boolean;
}

export interface TraceList {
	traces: TraceItem[];
	next_cursor: string | null;
}

export interface SpanEvent {
	time: string;
	name: string;
	attributes: Attributes;
	dropped_attributes_count: number;
}

export interface SpanLink {
	trace_id: string;
	span_id: string;
	trace_state: string;
	attributes: Attributes;
	flags: number;
}

export interface Handler {
	name: string;
	type: HandlerType;
	language: string | null;
	status: string;
	event: string | null;
}

export interface Span {
	trace_id: string;
	span_id: string;
	parent_span_id: string | null;
	operation_name: string;
	kind: string;
	start_time: string;
	end_time: string;
	duration_ms: number;
	status: Status;
	status_code: string;
	status_message: string;
	tags: Attributes;
	logs: SpanEvent[];
	links: SpanLink[];
	resource: { attributes: Attributes; schema_url: string };
	scope: { name: string; version: string; attributes: Attributes; schema_url: string };
	trace_state: string;
	flags: number;
	dropped_attributes_count: number;
	dropped_events_count: number;
	dropped_links_count: number;
	handler: Handler | null;
	published_event: string | null;
}

export interface Trace {
	trace_id: string;
	start_time: string;
	end_time: string;
	duration_ms: number;
	span_count: number;
	services: string[];
	complete: boolean;
	spans: Span[];
}

export interface LogItem {
	timestamp: string;
	level: Level;
	message: string;
	handler: string | null;
	service: string;
	trace_id: string | null;
	span_id: string | null;
	event_name: string | null;
	metadata: Attributes;
}

export interface LogList {
	logs: LogItem[];
	next_cursor: string | null;
}

export type MetricType = 'gauge' | 'sum' | 'histogram' | 'exponential_histogram' | 'summary';

export interface MetricInfo {
	name: string;
	type: MetricType;
	unit: string;
	description: string;
	temporality: 'delta' | 'cumulative' | null;
	monotonic: boolean | null;
	label_names: string[];
	series_count: number;
}

export interface MetricSeries {
	labels: Record<string, string>;
	values: (number | null)[];
}

export interface MetricData {
	name: string;
	type: MetricType;
	unit: string;
	start: string;
	end: string;
	step_ms: number;
	agg: string;
	timestamps: string[];
	series: MetricSeries[];
}

export interface SignalStatus {
	enabled: boolean;
	received: number;
	dropped: number;
	rejected: number;
}

export interface ServerStatus {
	version: string;
	uptime_seconds: number;
	store: {
		type: string;
		path: string;
		size_bytes: number;
		spans: number;
		logs: number;
		points: number;
		blocks: number;
	};
	trace_cache: { traces: number; size_bytes: number; hits: number; misses: number };
	signals: { traces: SignalStatus; metrics: SignalStatus; logs: SignalStatus };
	project: { name: string; version: string; language: string };
}
