/**
 * Load generators of the benchmarks, each a program of its own.
 *
 * <p>Starting points: {@link ai.mariner.bench.GrpcLoad}, {@link ai.mariner.bench.HttpLoad}.
 */
@NullMarked
package ai.mariner.bench;

import org.jspecify.annotations.NullMarked;
