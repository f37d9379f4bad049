/** To be described. */
@NullMarked
package ai.mariner.worker;

import org.jspecify.annotations.NullMarked;
