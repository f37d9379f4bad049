/** To be described. */
@NullMarked
package ai.mariner.view;

import org.jspecify.annotations.NullMarked;
