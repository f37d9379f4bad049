/**
 * The bare yardstick: Netty or grpc-java in front of one Python loop, without any feature.
 *
 * <p>Starting point: {@link ai.mariner.bench.limit.LimitServer}.
 */
@NullMarked
package ai.mariner.bench.limit;

import org.jspecify.annotations.NullMarked;
