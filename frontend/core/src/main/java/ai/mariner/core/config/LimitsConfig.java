package ai.mariner.core.config;

import java.time.Duration;

/**
 * What one client, request or archive may use up.
 *
 * @param maxRequestBytes size of a request body
 * @param maxResponseBytes size of one answer, or of one piece of a streamed answer
 * @param maxInflightBytes memory of all request bodies together, from their first byte to their
 *     release
 * @param maxStreamBufferBytes pieces buffered for one slow reader of a batch
 * @param streamStallTimeout how long a stream may wait for its reader
 * @param eventKeepAlive how long a stream of events may be silent before a comment is sent
 * @param drainTimeout how long accepted work may take to finish at shutdown
 * @param maxHeaderBytes size of all headers of a request
 * @param idleTimeout how long a connection may stay open with nothing under way
 * @param intake how clients have to send their requests
 * @param maxArchiveBytes size of an unpacked archive
 * @param maxArchiveEntries files and folders in an archive
 * @param maxDownloadBytes size of a fetched archive
 * @param downloadTimeout how long fetching an archive may take
 */
public record LimitsConfig(
    int maxRequestBytes,
    int maxResponseBytes,
    long maxInflightBytes,
    long maxStreamBufferBytes,
    Duration streamStallTimeout,
    Duration eventKeepAlive,
    Duration drainTimeout,
    int maxHeaderBytes,
    Duration idleTimeout,
    IntakeLimits intake,
    long maxArchiveBytes,
    int maxArchiveEntries,
    long maxDownloadBytes,
    Duration downloadTimeout) {}
