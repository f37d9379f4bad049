/**
 * Measures the machine now and then: processors, memory, disk, GPUs, or whatever an operator's own
 * program measures.
 *
 * <p>Starting points: {@link ai.mariner.server.system.SystemWatch}.
 */
@NullMarked
package ai.mariner.server.system;

import org.jspecify.annotations.NullMarked;
