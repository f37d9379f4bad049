/** To be described. */
@NullMarked
package ai.mariner.grpc;

import org.jspecify.annotations.NullMarked;
