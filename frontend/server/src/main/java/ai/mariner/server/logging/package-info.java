/**
 * What the server writes down: calls, and what workers print. Files, patterns and levels are in
 * {@code log4j2.xml}, patterns of JSON lines in {@code log4j2-json.xml}.
 *
 * <p>Starting points: {@link ai.mariner.server.logging.AccessLogFile}, {@link
 * ai.mariner.server.logging.WorkerOutputLog}, {@link ai.mariner.server.logging.ServerLogs}.
 */
@NullMarked
package ai.mariner.server.logging;

import org.jspecify.annotations.NullMarked;
